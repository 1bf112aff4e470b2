import { basename, dirname, join, resolve } from 'node:path';
import { openCache } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { EventData, Json, PlanStep, StepState } from '@orch/contracts';
import { readLog } from '@orch/events';
import type { AnyEvent } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { askedQuestions } from '../read/asked-questions.ts';
import type { AskedQuestion, UnitEvent } from '../read/asked-questions.ts';
import { joiningSteps } from '../read/joined-steps.ts';
import { readPlan } from '../verify/plan-misfit.ts';

/** What became of a step or item in one attempt of the run. */
export type UnitEnd =
  | { readonly ts: string; readonly end: 'succeeded' | 'canceled' }
  | { readonly ts: string; readonly end: 'failed'; readonly message: string }
  | {
      readonly ts: string;
      readonly end: 'skipped';
      readonly reason: string;
      /** The condition that did not hold. */
      readonly when?: string;
      /** The needs that ended otherwise than it asks, and how. */
      readonly for?: readonly { readonly need: string; readonly status: StepState }[];
    }
  /** For a person, whose answer it has not got yet. */
  | { readonly ts: string; readonly end: 'waiting'; readonly question: string }
  /** Nothing was done: its inputs were those of line `fromSeq`. */
  | { readonly ts: string; readonly end: 'reused'; readonly fromSeq: number };

export type StepExplanation = {
  readonly step: string;
  readonly item?: string | undefined;
  readonly questions: readonly AskedQuestion[];
  readonly ends: readonly UnitEnd[];
  /** Of a step that fans out: its items, which are what asks. */
  readonly items?: readonly string[];
};

/**
 * Why a step, or an item of it, asked a model (or made again what `cache: on` keeps) or did not. Reads only. Throws
 * `not_found` for a step or item that the log does not know.
 */
export async function explainStep(dir: string, step: string, item?: string): Promise<StepExplanation> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const shared = paths.sharedCache;
  const stores = {
    cache: openCache<Json>(paths.cache, { shared }),
    blobs: openBlobs(paths.artifacts),
    sharedBlobs: openBlobs(join(shared, 'blobs')),
  };
  const own: UnitEvent[] = [];
  let steps: Steps = new Map();
  const ended = new Map<string, StepState>();
  const ends: UnitEnd[] = [];
  const met = { steps: new Set<string>(), items: new Set<string>() };
  let starts = 0;
  for await (const event of readLog(paths.events)) {
    steps = stepsOf(event, paths, steps);
    noteEnd(event, ended);
    if (event.step !== undefined) met.steps.add(event.step);
    if (event.step === step && event.item !== undefined) met.items.add(event.item);
    const reused = reusedAt(event, step, item);
    if (reused !== undefined) ends.push({ ts: event.ts, end: 'reused', fromSeq: reused });
    if (event.step !== step || event.item !== item) continue;
    if (event.type === 'step.started') starts++;
    own.push({ event, mode: steps.get(step)?.cache });
    const end = endOf(event, step, { steps, ended });
    if (end !== undefined) ends.push(end);
  }
  if (starts === 0 && ends.length === 0) throw unknownUnit({ step, item, ...met });
  const questions = await askedQuestions(own, stores);
  const items = item === undefined && met.items.size > 0 ? [...met.items] : undefined;
  return { step, ...(item !== undefined && { item }), questions, ends, ...(items && { items }) };
}

type Steps = ReadonlyMap<string, PlanStep>;

/** The steps of a run's plan from this event on. */
function stepsOf({ type, data }: AnyEvent, paths: RunPaths, steps: Steps): Steps {
  if (type === 'job.started') {
    const plan = readPlan(paths, (data as EventData['job.started']).plan_hash);
    return byId(plan?.steps ?? []);
  }
  if (type !== 'plan.extended') return steps;
  return new Map([...steps, ...byId(joiningSteps(data as EventData['plan.extended'], openBlobs(paths.artifacts)))]);
}

function byId(steps: readonly PlanStep[]): Steps {
  return new Map(steps.map((step) => [step.id, step]));
}

/** How the steps ended, as those that need them find it. */
function noteEnd({ type, step, item, data }: AnyEvent, ended: Map<string, StepState>): void {
  const state = endStates[type];
  if (state === undefined || item !== undefined) return;
  if (step !== undefined) ended.set(step, state);
  const { reused = [] } = data as { readonly reused?: readonly { readonly step: string; readonly item?: string }[] };
  for (const unit of reused) if (unit.item === undefined) ended.set(unit.step, 'succeeded');
}

const endStates: Readonly<Record<string, StepState>> = {
  'step.succeeded': 'succeeded',
  'step.failed': 'failed',
  'step.skipped': 'skipped',
  'step.canceled': 'canceled',
};

type Known = { readonly steps: Steps; readonly ended: ReadonlyMap<string, StepState> };

function endOf({ type, ts, data }: AnyEvent, step: string, known: Known): UnitEnd | undefined {
  switch (type) {
    case 'step.succeeded':
      return { ts, end: 'succeeded' };
    case 'step.canceled':
      return { ts, end: 'canceled' };
    case 'step.failed':
      return { ts, end: 'failed', message: (data as EventData['step.failed']).message };
    case 'step.skipped':
      return { ts, ...skipped((data as EventData['step.skipped']).reason, step, known) };
    case 'step.waiting':
      return { ts, end: 'waiting', question: (data as EventData['step.waiting']).question };
    default:
      return undefined;
  }
}

type Skipped = Omit<Extract<UnitEnd, { readonly end: 'skipped' }>, 'ts'>;

/** With the condition, or the needs, that the reason means. */
function skipped(reason: string, step: string, { steps, ended }: Known): Skipped {
  const { when, needs = [], accept = {} } = steps.get(step) ?? {};
  const others = needs.flatMap((need) => {
    const status = ended.get(need);
    const isContinued = status === 'failed' && steps.get(need)?.on_failure === 'continue';
    const accepted: readonly StepState[] = accept[need] ?? ['succeeded'];
    return status === undefined || isContinued || accepted.includes(status) ? [] : [{ need, status }];
  });
  if (reason === 'job_failed' || reason === 'resume') return { end: 'skipped', reason };
  if (reason !== 'condition') return { end: 'skipped', reason, for: others };
  const unasked = others.filter(({ status }) => status === 'succeeded');
  if (unasked.length > 0) return { end: 'skipped', reason, for: unasked };
  return { end: 'skipped', reason, ...(when !== undefined && { when }) };
}

function reusedAt(
  { type, data }: { readonly type: string; readonly data: unknown },
  step: string,
  item: string | undefined,
) {
  if (type !== 'step.skipped') return undefined;
  const skipped = data as EventData['step.skipped'];
  if (skipped.reason !== 'resume') return undefined;
  return skipped.reused.find((unit) => unit.step === step && unit.item === item)?.from_seq;
}

type Unknown = {
  readonly step: string;
  readonly item: string | undefined;
  readonly steps: ReadonlySet<string>;
  readonly items: ReadonlySet<string>;
};

function unknownUnit({ step, item, steps, items }: Unknown): OrchError {
  const known = item === undefined ? steps : items;
  const what = item === undefined ? `a step of the run, got ${step}` : `an item of step ${step}, got ${item}`;
  const some = [...known].toSorted().slice(0, 20).join(', ');
  return new OrchError('not_found', `Expected ${what}.`, {
    hint: some === '' ? 'It has not come to it.' : `There are: ${some}${known.size > 20 ? ' …' : ''}`,
  });
}
