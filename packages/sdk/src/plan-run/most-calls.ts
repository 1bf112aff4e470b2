import type { Plan, PlanStep } from '@orch/contracts';

/** How often a step with so many items may ask a model, when all is tried to the end. */
export function mostCalls(step: PlanStep, items: number): number {
  const times = items * (1 + step.retry.tries) * (step.repeat_until?.max ?? 1);
  if (step.kind === 'llm') return times * (1 + repairRounds(step));
  return step.kind === 'job' ? times * callsOfJob(step) : 0;
}

/** What a step asks with when it says nothing, as compilation fills it in. */
function repairRounds({ fields }: PlanStep): number {
  const { rounds = 1 } = (fields['repair'] ?? {}) as { readonly rounds?: number };
  return fields['schema'] === undefined && (fields['output'] ?? 'text') === 'text' ? 0 : rounds;
}

function callsOfJob({ fields }: PlanStep): number {
  const { plan } = fields['job'] as unknown as { readonly plan: Plan };
  return plan.steps.reduce((sum, step) => sum + mostCalls(step, step.each?.max_items ?? 1), 0);
}
