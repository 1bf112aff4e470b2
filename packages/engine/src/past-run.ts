import { basename, dirname, resolve } from 'node:path';
import { sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { BlobStore, CompiledJob, PlanStep, StepKind } from '@orch/contracts';
import { buildDag, topological } from '@orch/dag';
import { foldLog } from '@orch/events';
import type { RunView } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import { allKinds } from './kinds/index.ts';
import { readWatermark } from './read-watermark.ts';
import { createResults } from './results.ts';
import type { RunFacts } from './run-context.ts';

/** A run as it stands on disc, for who only looks. */
export type PastRun = {
  readonly facts: RunFacts;
  readonly state: RunView;
  /** Putting into it gives the digest and writes nothing. */
  readonly blobs: BlobStore;
};

type PastOptions = { readonly limit?: number | undefined; readonly kinds?: readonly StepKind[] | undefined };

/** Throws `not_found` when the folder has no log, `corrupt_log` for a damaged one. */
export function openPast(dir: string, job: CompiledJob, { limit, kinds }: PastOptions = {}): PastRun {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const { state } = foldLog(paths.events, { watermark: readWatermark(paths.manifest) });
  const outputs = paths.outputs(job.plan.project);
  const blobs: BlobStore = { ...openBlobs(paths.artifacts), put: sha256 };
  const results = createResults({ run: paths.dir, outputs }, blobs);
  const now = state.startedAt ?? new Date().toISOString();
  const facts = { jobId: basename(paths.dir), job, paths, outputs, kinds: allKinds(kinds), results, limit, now };
  return { facts, state, blobs };
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
