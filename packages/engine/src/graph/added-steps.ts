import type { BlobStore, PlanStep } from '@orch/contracts';
import type { Extension, RunView } from '@orch/events';
import { loadOutput } from '../run/outputs.ts';
import { unitAt } from './unit.ts';

type Added = Pick<RunView, 'extensions' | 'steps'>;

/**
 * The steps that joined a plan while it ran, each after the one that added it. What a step added counts as long as its
 * last success is the one that did, and it is not skipped now: with other inputs it may have added others, or none.
 */
export function addedSteps(run: Added, plan: readonly PlanStep[], blobs: BlobStore): PlanStep[] {
  if (run.extensions.size === 0) return [];
  const byStep = Map.groupBy(run.extensions.values(), ({ step }) => step);
  const added: PlanStep[] = [];
  const reached = plan.map(({ id }) => id);
  for (const id of reached) {
    for (const extension of byStep.get(id) ?? []) {
      if (!isInForce(run, extension)) continue;
      const steps = stepsOf(extension, blobs);
      added.push(...steps);
      reached.push(...steps.map((step) => step.id));
    }
  }
  return added;
}

/** What a step or item added. */
export function stepsOf({ steps }: Extension, blobs: BlobStore): readonly PlanStep[] {
  return loadOutput(steps, blobs) as unknown as readonly PlanStep[];
}

function isInForce({ steps }: Added, { step, item, inputHash }: Extension): boolean {
  const unit = unitAt({ steps }, { step, item });
  return unit?.success?.data.input_hash === inputHash && unit.status !== 'skipped';
}
