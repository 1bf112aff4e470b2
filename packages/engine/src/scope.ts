import type { Json, NeedResult, PlanStep, StepScope } from '@orch/contracts';
import { itemwiseNeed } from './graph.ts';
import type { RunFacts } from './run-context.ts';

/** What the templates of a step see: never more than its needs. A need taken item by item is seen as `item` alone. */
export function scopeOf(run: RunFacts, step: PlanStep, item?: Json): StepScope {
  const from = itemwiseNeed(step);
  const steps: Record<string, NeedResult> = {};
  for (const need of step.needs) {
    const view = need === from ? undefined : run.results.view(need);
    if (view !== undefined) steps[need] = view;
  }
  const { plan, jobDir } = run.job;
  return {
    ...(plan.task === undefined ? {} : { task: plan.task }),
    vars: plan.vars,
    steps,
    ...(item === undefined ? {} : { item }),
    run: { id: run.jobId, dir: run.paths.dir, outputs: run.outputs },
    job: { dir: jobDir },
    now: run.now,
  };
}
