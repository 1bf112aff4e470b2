import { OrchError } from '@orch/contracts';
import type { PlanStep } from '@orch/contracts';

/** The step `only` and all it needs, in the order of the plan; all steps when `only` is undefined. */
export function selectSteps(steps: readonly PlanStep[], only: string | undefined): readonly PlanStep[] {
  if (only === undefined) return steps;
  const byId = new Map(steps.map((step) => [step.id, step]));
  if (!byId.has(only)) {
    throw new OrchError('usage', `Expected --only to name a step of the job, got ${only}.`, {
      hint: `Its steps are ${[...byId.keys()].join(', ')}.`,
    });
  }
  const wanted = new Set([only]);
  for (const id of wanted) for (const need of byId.get(id)?.needs ?? []) wanted.add(need);
  return steps.filter((step) => wanted.has(step.id));
}
