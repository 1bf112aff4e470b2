import { basename, dirname, resolve } from 'node:path';
import { sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { BlobStore, CompiledJob, PlanStep, StepKind } from '@orch/contracts';
import { buildDag, topological } from '@orch/dag';
import { foldLog } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import { Forecaster } from './forecaster.ts';
import type { PlannedUnit } from './forecaster.ts';
import { allKinds } from './kinds/index.ts';
import { kindOf } from './prepare-attempt.ts';
import type { ResumeOptions } from './ports.ts';
import { readWatermark } from './read-watermark.ts';
import { createResults } from './results.ts';
import { stepsFrom } from './select-steps.ts';

export type ResumePlan = {
  /** Steps in the order of the plan, the items of each after it. */
  readonly units: readonly PlannedUnit[];
  /** What the reused ones cost when they ran. */
  readonly saved: { readonly calls: number; readonly tokensIn: number; readonly tokensOut: number };
  /** Whether a step that asks a model will run, or may. */
  readonly asks: boolean;
};

export type ExplainOptions = ResumeOptions & {
  readonly limit?: number | undefined;
  readonly kinds?: readonly StepKind[] | undefined;
};

/**
 * What `resumeRun` would do, without doing it: writes nothing, asks nobody. Throws `not_found` when the folder has no
 * log, `corrupt_log` for a damaged one and when what would be reused is gone.
 */
export async function explainResume(dir: string, job: CompiledJob, options: ExplainOptions = {}): Promise<ResumePlan> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const { state } = foldLog(paths.events, { watermark: readWatermark(paths.manifest) });
  const outputs = paths.outputs(job.plan.project);
  const blobs: BlobStore = { ...openBlobs(paths.artifacts), put: sha256 };
  const results = createResults({ run: paths.dir, outputs }, blobs);
  const kinds = allKinds(options.kinds);
  const facts = { jobId: basename(paths.dir), job, paths, outputs, kinds, results, limit: options.limit };
  const now = state.startedAt ?? new Date().toISOString();
  const forecaster = new Forecaster({ ...facts, now }, { state, blobs, anew: stepsFrom(job.plan.steps, options.from) });
  for (const step of inOrder(job.plan.steps)) await forecaster.forecast(step);
  const { units, saved } = forecaster;
  const asking = new Set(job.plan.steps.flatMap((step) => (kindOf({ kinds }, step).asks === true ? [step.id] : [])));
  return { units, saved, asks: units.some(({ step, will }) => will !== 'reuse' && asking.has(step)) };
}

function inOrder(steps: readonly PlanStep[]): readonly PlanStep[] {
  const dag = buildDag(steps);
  if (!dag.ok) throw new OrchError('spec', dag.error.message);
  return topological(dag.value);
}
