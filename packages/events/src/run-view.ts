import type { Digest, EventData, FileRef, OutputRef, RunCosts, RunState, StepState } from '@orch/contracts';

/** A step or an item as the log tells it. */
export type UnitView = {
  status: StepState;
  /** Succeeded in an earlier attempt of the run: its output is on offer, and it may still start anew. */
  carried: boolean;
  /** Number of the last attempt at it; numbers go on across resumes. */
  attempts: number;
  /** The same as a person counts them: one that ended with a question goes on with the next. */
  turns: number;
  /** The last attempt ended with a question. */
  asked: boolean;
  /** Failed tries since it was last decided, each of which left another to come. */
  tries: number;
  /** Attempts in a row that ended with their process. */
  lost: number;
  startedAt: string | undefined;
  endedAt: string | undefined;
  /** As measured by who ran it, in seconds. */
  durationS: number | undefined;
  inputHash: Digest | undefined;
  /** The last time it succeeded, in whatever attempt of the run: what it made then is on offer for the same inputs. */
  success: Success | undefined;
  /** How the last attempt at it failed for good, as long as none has begun since. */
  failure: FailedAttempt | undefined;
};

/** `seq` of the event, and what it said. */
export type Success = { readonly seq: number; readonly data: EventData['step.succeeded'] };

/** `data`: of the event; its attempt had begun with `inputHash`. */
export type FailedAttempt = { readonly inputHash: Digest; readonly data: EventData['step.failed'] };

export type StepView = UnitView & {
  /** Number of items that a fan-out step was expanded to. */
  expanded: number | undefined;
  /** By key, those met so far. */
  items: ReadonlyMap<string, UnitView>;
  /** Requests sent to a provider and replies found in a cache, items included, over all attempts of the run. */
  providerCalls: number;
  cacheHits: number;
};

/** The last content written to a path. */
export type WrittenFile = FileRef & {
  readonly step: string | undefined;
  readonly item: string | undefined;
  readonly createdAt: string;
  /** What another step or item had left there, before this one wrote to it. */
  readonly before: FileRef | undefined;
};

/** Steps that a step or item added to the plan, the last time it did. */
export type Extension = {
  readonly step: string;
  readonly item: string | undefined;
  /** Of the step or item that added them. */
  readonly inputHash: Digest;
  /** A list of `PlanStep`. */
  readonly steps: OutputRef;
};

/** A run of its own that a step or item began. */
export type LinkedRun = {
  readonly jobId: string;
  readonly step: string;
  readonly item: string | undefined;
  readonly inputHash: Digest;
  /** What it had spent when it last ended. */
  readonly costs: RunCosts | undefined;
  /** Of the event that linked it last. */
  readonly seq: number;
};

export type Failure = Pick<EventData['job.failed']['error'], 'kind' | 'code' | 'message' | 'hint'> & {
  readonly step: string | undefined;
  readonly item: string | undefined;
  readonly at: string;
};

/** An event that cannot follow what the log said before. It changed nothing. */
export type Misfit = { readonly seq: number; readonly type: string; readonly message: string };

/** State of a run, folded from its log. An accumulator: `reduceRun` changes it in place. */
export type RunView = {
  jobId: string;
  project: string;
  /** By reference when it is long. */
  task: string | OutputRef | undefined;
  provider: EventData['job.started']['provider'];
  orchVersion: string;
  planHash: Digest | undefined;
  status: RunState;
  attempt: number;
  /** Of the first attempt, and of the current one. */
  startedAt: string | undefined;
  attemptStartedAt: string | undefined;
  finishedAt: string | undefined;
  /** Of the current attempt, once it ended; in seconds. */
  durationS: number | undefined;
  /** Of the last event folded. */
  seq: number;
  ts: string | undefined;
  /** Of the run whose step began this one. */
  parent: EventData['job.started']['parent'];
  /** By the step or item that added them, as `step` or `step/item`. */
  readonly extensions: Map<string, Extension>;
  /** By job id. */
  readonly children: Map<string, LinkedRun>;
  /** The plan's step ids in its order; undefined when the plan is not known, and the steps are those met so far. */
  planned: ReadonlySet<string> | undefined;
  readonly steps: Map<string, StepView>;
  /** By path. */
  readonly files: Map<string, WrittenFile>;
  readonly artifacts: Map<Digest, EventData['artifact.created']>;
  /** Final ones of the current attempt. */
  failures: Failure[];
  /** Over all attempts. */
  readonly totals: { tokensIn: number; tokensOut: number; providerCalls: number };
  /** Ids of the requests that have no answer yet. */
  readonly openRequests: Set<string>;
  /** Requests of earlier attempts whose answer was lost with the process: perhaps paid for. */
  inDoubt: number;
  readonly misfits: Misfit[];
};

/** What is known of a run before its log is read, or when that is still empty. */
export type KnownRun = {
  readonly jobId?: string | undefined;
  readonly project?: string | undefined;
  /** The plan's step ids in its order. */
  readonly steps?: Iterable<string> | undefined;
};

/** A run that has not begun. */
export function emptyRun(known: KnownRun = {}): RunView {
  const planned = known.steps && new Set(known.steps);
  return {
    jobId: known.jobId ?? '',
    project: known.project ?? '',
    task: undefined,
    provider: null,
    orchVersion: '',
    planHash: undefined,
    status: 'pending',
    attempt: 0,
    startedAt: undefined,
    attemptStartedAt: undefined,
    finishedAt: undefined,
    durationS: undefined,
    seq: 0,
    ts: undefined,
    parent: undefined,
    extensions: new Map(),
    children: new Map(),
    planned,
    steps: emptySteps(planned),
    files: new Map(),
    artifacts: new Map(),
    failures: [],
    totals: { tokensIn: 0, tokensOut: 0, providerCalls: 0 },
    openRequests: new Set(),
    inDoubt: 0,
    misfits: [],
  };
}

/** Steps join the plan while it runs, in place of others that did so in an earlier attempt. */
export function planSteps(run: RunView, ids: Iterable<string>, dropped: Iterable<string> = []): void {
  const planned = (run.planned ??= new Set(run.steps.keys())) as Set<string>;
  for (const id of dropped) planned.delete(id);
  for (const id of ids) {
    planned.add(id);
    stepOf(run, id);
  }
}

/** The step, added when it is met for the first time. */
export function stepOf(run: RunView, id: string): StepView {
  let step = run.steps.get(id);
  if (!step) run.steps.set(id, (step = emptyStep()));
  return step;
}

/** The step, or one of its items; undefined when it was not met. */
export function findUnit({ steps }: RunView, step: string, item: string | undefined): UnitView | undefined {
  const found = steps.get(step);
  return item === undefined ? found : found?.items.get(item);
}

/** The same, added when it is met for the first time. */
export function unitOf(run: RunView, step: string, item: string | undefined): UnitView {
  return item === undefined ? stepOf(run, step) : itemOf(stepOf(run, step), item);
}

function itemOf(step: StepView, key: string): UnitView {
  const known = step.items.get(key);
  if (known) return known;
  const item = emptyUnit();
  if (step.items === noItems) step.items = new Map();
  (step.items as Map<string, UnitView>).set(key, item);
  return item;
}

/** One for all steps that do not fan out. */
const noItems: ReadonlyMap<string, UnitView> = new Map();

function emptySteps(ids: Iterable<string> = []): Map<string, StepView> {
  const steps = new Map<string, StepView>();
  for (const id of ids) steps.set(id, emptyStep());
  return steps;
}

function emptyStep(): StepView {
  return { ...emptyUnit(), expanded: undefined, items: noItems, providerCalls: 0, cacheHits: 0 };
}

export function emptyUnit(): UnitView {
  return {
    status: 'pending',
    carried: false,
    attempts: 0,
    turns: 0,
    asked: false,
    tries: 0,
    lost: 0,
    startedAt: undefined,
    endedAt: undefined,
    durationS: undefined,
    inputHash: undefined,
    success: undefined,
    failure: undefined,
  };
}
