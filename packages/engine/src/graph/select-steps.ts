import { OrchError } from '@orch/contracts';
import type { PlanStep } from '@orch/contracts';
import { buildDag, dependents } from '@orch/dag';

/** The step `only` and all it needs, in the order of the plan; all steps when `only` is undefined. */
export function selectSteps(steps: readonly PlanStep[], only: string | undefined): readonly PlanStep[] {
  if (only === undefined) return steps;
  requireStep(steps, '--only', only);
  const byId = new Map(steps.map((step) => [step.id, step]));
  const wanted = new Set([only]);
  for (const id of wanted) for (const need of byId.get(id)?.needs ?? []) wanted.add(need);
  return steps.filter((step) => wanted.has(step.id));
}

/** The step `from` and all that needs it, directly or not; none when `from` is undefined. */
export function stepsFrom(steps: readonly PlanStep[], from: string | undefined): ReadonlySet<string> {
  if (from === undefined) return new Set();
  requireStep(steps, '--from', from);
  const dag = buildDag(steps);
  if (!dag.ok) throw new OrchError('spec', dag.error.message);
  return new Set([from, ...dependents(dag.value, from).map(({ id }) => id)]);
}

function requireStep(steps: readonly PlanStep[], flag: string, id: string): void {
  if (steps.some((step) => step.id === id)) return;
  throw new OrchError('usage', `Expected ${flag} to name a step of the job, got ${id}.`, {
    hint: `Its steps are ${steps.map((step) => step.id).join(', ')}.`,
  });
}
