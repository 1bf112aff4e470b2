import type { Plan, PlanStep } from '@orch/contracts';
import { isKindName } from '@orch/spec';

type Asked = Pick<Plan, 'provider'>;

/**
 * How often a step with so many items may ask a model, when all is tried to the end; null where nobody can tell, for what
 * a kind of others asks is its own affair.
 */
export function mostCalls(step: PlanStep, items: number, plan: Asked): number | null {
  const times = items * (1 + step.retry.tries) * (step.repeat_until?.max ?? 1);
  if (step.kind === 'llm') return times * (1 + repairRounds(step)) * (1 + toolRounds(step));
  if (step.kind === 'job') return product(times, callsOfJob(step, plan));
  return isKindName(step.kind) || (step.provider === undefined && plan.provider === undefined) ? 0 : null;
}

/** What a step asks with when it says nothing, as compilation fills it in. */
function repairRounds({ fields }: PlanStep): number {
  const { rounds = 1 } = (fields['repair'] ?? {}) as { readonly rounds?: number };
  return fields['schema'] === undefined && (fields['output'] ?? 'text') === 'text' ? 0 : rounds;
}

function toolRounds({ fields }: PlanStep): number {
  const { rounds = 0 } = (fields['tools'] ?? {}) as { readonly rounds?: number };
  return rounds;
}

/** A job that says nobody asks whom the outer one does. */
function callsOfJob({ fields }: PlanStep, outer: Asked): number | null {
  const { plan } = fields['job'] as unknown as { readonly plan: Plan };
  const asked = plan.provider === undefined ? outer : plan;
  return sumOf(plan.steps.map((step) => mostCalls(step, step.each?.max_items ?? 1, asked)));
}

function product(times: number, calls: number | null): number | null {
  return calls === null ? null : times * calls;
}

/** Null when one of them is. */
export function sumOf(counts: readonly (number | null)[]): number | null {
  return counts.reduce((sum, count) => (sum === null || count === null ? null : sum + count), 0);
}
