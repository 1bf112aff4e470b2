import { existsSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { EventData, Manifest, PlanStep, RunState } from '@orch/contracts';
import { addedSteps, readWatermark } from '@orch/engine/read';
import { foldLog, planSteps as joinPlan, readLog, toManifest } from '@orch/events';
import { isLocked, openBlobs, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { listRunIds, planSteps } from './runs.ts';

/** `interrupted`: the log has no end, and nobody holds the lock any more. */
export type ShownState = RunState | 'interrupted';

export type GateReport = { readonly step: string } & EventData['gate.passed'];

export type ReadRun = {
  /** Absolute folder of the run. */
  readonly dir: string;
  readonly status: ShownState;
  readonly manifest: Manifest;
  readonly gates: readonly GateReport[];
  /** The runs that its steps began, in this order; for each step or item the last one. */
  readonly children: readonly ChildOfRun[];
  /** Why a step was skipped or canceled the last time, by its id. */
  readonly reasons: ReadonlyMap<string, string>;
  /** The steps of the plan that the run goes on without when they fail, or, where they fan out, when items do. */
  readonly continued: ReadonlyMap<string, 'step' | 'items'>;
  /** Some tokens were counted from the length of texts, since their server did not say. */
  readonly estimated: boolean;
  /** What was said beside the job when it ran the last time. */
  readonly given: GivenToRun;
};

export type GivenToRun = NonNullable<EventData['job.started']['given']>;

export type ChildOfRun = {
  readonly job_id: string;
  readonly step: string;
  readonly item?: string | undefined;
  /** Undefined when its folder is not here. */
  readonly status: ShownState | undefined;
};

export type RunSummary = {
  readonly job_id: string;
  readonly status: ShownState;
  readonly project: string;
  readonly started_at: string | null;
  readonly duration_s: number;
  readonly steps: number;
  readonly completed_steps: number;
  /** The steps that wait for a person. */
  readonly waiting?: readonly string[];
  /** The run whose step began it. */
  readonly parent?: Manifest['parent'];
};

/** A run as its folder tells it; reads, never writes. Throws `not_found` or `corrupt_log`. */
export async function readRun(dir: string): Promise<ReadRun> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const manifest = readManifest(paths);
  const gates: GateReport[] = [];
  const linked = new Map<string, Omit<ChildOfRun, 'status'>>();
  const reasons = new Map<string, string>();
  let given: GivenToRun = {};
  let estimated = false;
  const continued = continuedIn(planSteps(paths.dir) ?? []);
  for await (const { type, step = '', item, data } of readLog(paths.events, { types })) {
    if (type === 'job.started') given = (data as EventData['job.started']).given ?? {};
    else if (type === 'llm.response') estimated ||= (data as EventData['llm.response']).estimated === true;
    else if (type === 'job.linked') {
      linked.set(JSON.stringify([step, item]), { ...(data as EventData['job.linked']), step, item });
    } else if (type.startsWith('gate.')) gates.push({ step, ...(data as EventData['gate.passed']) });
    else if (step !== '' && item === undefined) reasons.set(step, (data as { reason: string }).reason);
  }
  const children = [...linked.values()].map(({ job_id, step, item }): ChildOfRun => {
    return { job_id, step, item, status: stateOf(runPaths(paths.base, job_id)) };
  });
  const told = { gates, children, reasons, continued, estimated, given };
  return { dir: paths.dir, status: shownState(manifest, paths), manifest, ...told };
}

const types = [
  'job.started',
  'gate.passed',
  'gate.failed',
  'gate.error',
  'job.linked',
  'llm.response',
  'step.skipped',
  'step.canceled',
] as const;

function continuedIn(steps: readonly PlanStep[]): Map<string, 'step' | 'items'> {
  const continued = steps.filter(({ on_failure: policy }) => policy === 'continue');
  return new Map(continued.map(({ id, each }) => [id, each === undefined ? 'step' : 'items']));
}

function stateOf(paths: RunPaths): ShownState | undefined {
  return existsSync(paths.events) ? shownState(readManifest(paths), paths) : undefined;
}

/** The runs of a folder, newest first, from their manifests alone. */
export function listRuns(runsDir: string): RunSummary[] {
  const runs = listRunIds(runsDir).map((id) => summarise(runPaths(runsDir, id)));
  return runs.toSorted((a, b) => (b.started_at ?? '').localeCompare(a.started_at ?? ''));
}

function summarise(paths: RunPaths): RunSummary {
  const manifest = readManifest(paths);
  const waiting = Object.entries(manifest.steps).flatMap(([id, { status }]) => (status === 'waiting' ? [id] : []));
  return {
    job_id: manifest.job_id,
    status: shownState(manifest, paths),
    project: manifest.project,
    started_at: manifest.started_at,
    duration_s: manifest.duration_s,
    steps: Object.keys(manifest.steps).length,
    completed_steps: manifest.completed_steps.length,
    ...(waiting.length > 0 && { waiting }),
    ...(manifest.parent && { parent: manifest.parent }),
  };
}

/** The manifest while it tells all that the log does, else the fold of the log. */
function readManifest(paths: RunPaths): Manifest {
  if (!existsSync(paths.events)) {
    throw new OrchError('not_found', `Expected the log of a run at ${paths.events}, there is none.`);
  }
  return writtenManifest(paths) ?? foldedManifest(paths);
}

function writtenManifest(paths: RunPaths): Manifest | undefined {
  if (!existsSync(paths.manifest)) return undefined;
  try {
    const written = JSON.parse(readFileSync(paths.manifest, 'utf8')) as Partial<Manifest> | null;
    return written?.log?.bytes === statSync(paths.events).size ? (written as Manifest) : undefined;
  } catch (error) {
    // It is only a cache of the log: a torn one is folded again.
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function foldedManifest(paths: RunPaths): Manifest {
  const steps = planSteps(paths.dir);
  const known = { jobId: basename(paths.dir), steps: steps?.map(({ id }) => id) };
  const { state, last } = foldLog(paths.events, { known, watermark: readWatermark(paths.manifest) });
  const joined = steps === undefined ? [] : addedSteps(state, steps, openBlobs(paths.artifacts));
  if (joined.length > 0) joinPlan(state, joined.map(({ id }) => id)); // prettier-ignore
  return toManifest(state, last);
}

function shownState({ status }: Manifest, paths: RunPaths): ShownState {
  const open = status === 'running' || status === 'pending' || status === 'scheduled';
  return open && !isLocked(paths.lock) ? 'interrupted' : status;
}
