import { sha256 } from '@orch/cache';
import type { Json, JsonObject, Plan, PlanStep } from '@orch/contracts';
import { jobOf, step } from './plan.ts';

/** A step that runs these steps as a job of its own. */
export function subJob(
  id: string,
  steps: readonly PlanStep[],
  { plan = {}, vars, ...more }: Partial<PlanStep> & { readonly plan?: Partial<Plan>; readonly vars?: JsonObject } = {},
): PlanStep {
  const { provider, ...usual } = jobOf(steps, { project: 'sub', ...plan }).plan;
  const own = { ...usual, ...(plan.provider && { provider }) };
  const spec = { path: 'sub.yaml', sha256: sha256('sub'), content: 'sub' };
  const job = { plan: own, spec, inputs: [], jobDir: '/' } as unknown as Json;
  return step(id, { kind: 'job', fields: { spec: 'sub.yaml', job, ...(vars && { vars }) }, ...more });
}
