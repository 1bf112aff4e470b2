import { basename, dirname, resolve } from 'node:path';
import { sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { BlobStore, CompiledJob, Hider, PlanStep, StepKind } from '@orch/contracts';
import { buildDag, topological } from '@orch/dag';
import { foldLog } from '@orch/events';
import type { RunView } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { createHider } from '@orch/secrets';
import { addedSteps } from '../graph/added-steps.ts';
import { allKinds } from '../kinds/index.ts';
import { kindsOf } from '../load-kinds.ts';
import { layOutCopies } from '../read-job.ts';
import { readWatermark } from '../run/read-watermark.ts';
import { createResults } from '../run/results.ts';
import type { RunFacts } from '../run/run-context.ts';

/** A run as it stands on disc, for who only looks. */
export type PastRun = {
  readonly facts: RunFacts;
  readonly state: RunView;
  /** Those of the job, and those that joined it. */
  readonly steps: readonly PlanStep[];
  /** Putting into it gives the digest and writes nothing. */
  readonly blobs: BlobStore;
};

type PastOptions = {
  readonly limit?: number | undefined;
  readonly kinds?: readonly StepKind[] | undefined;
  /** It is about to go on: of a run of another machine, the code of its kinds is laid out in its folder and loaded. */
  readonly goesOn?: boolean | undefined;
  /** The one that the run had: inputs that hold a secret were hashed without it. */
  readonly hider?: Hider | undefined;
};

/** Throws `not_found` when the folder has no log, `corrupt_log` for a damaged one. */
export async function openPast(dir: string, job: CompiledJob, options: PastOptions = {}): Promise<PastRun> {
  const { limit, hider = createHider([]) } = options;
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const { state } = foldLog(paths.events, { watermark: readWatermark(paths.manifest) });
  const outputs = paths.outputs(job.plan.project);
  const blobs: BlobStore = { ...openBlobs(paths.artifacts), put: sha256 };
  const results = createResults({ run: paths.dir, outputs }, blobs);
  const known = await kindsToLook(paths, job, options);
  const now = state.startedAt ?? new Date().toISOString();
  const facts = { jobId: basename(paths.dir), job, paths, outputs, kinds: known, results, limit, now, hider };
  const steps = [...job.plan.steps, ...addedSteps(state, job.plan.steps, blobs)];
  return { facts, state, steps, blobs };
}

/** Who only looks can do without kinds that are not here. */
async function kindsToLook(paths: RunPaths, job: CompiledJob, { kinds, goesOn }: PastOptions) {
  if (goesOn === true && (job.plan.kinds ?? []).length > 0) layOutCopies(paths, job);
  const loaded = kindsOf(job.plan, job.jobDir, kinds);
  return goesOn === true ? loaded : ((await orNothing(loaded)) ?? allKinds(kinds));
}

/** Steps after those they need. */
export function inOrder(steps: readonly PlanStep[]): readonly PlanStep[] {
  const dag = buildDag(steps);
  if (!dag.ok) throw new OrchError('spec', dag.error.message);
  return topological(dag.value);
}

/** What cannot be found again is told as not known; content that is gone is an error. */
export async function orNothing<T>(made: Promise<T>): Promise<T | undefined> {
  try {
    return await made;
  } catch (error) {
    if (OrchError.is(error) && error.code !== 'corrupt_log') return undefined;
    throw error;
  }
}
