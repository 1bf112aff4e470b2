import type { Json, NeedResult, PlanStep, StepScope } from '@orch/contracts';
import { itemwiseNeed } from '../graph/graph.ts';
import { lazily } from './lazily.ts';
import type { RunFacts } from '../run/run-context.ts';

/** What the templates of a step see: never more than its needs. A need taken item by item is seen as `item` alone. */
export function scopeOf(run: RunFacts, step: PlanStep, item?: Json): StepScope {
  const { plan, jobDir } = run.job;
  const scope = {
    ...(plan.task === undefined ? {} : { task: plan.task }),
    vars: plan.vars,
    ...(item === undefined ? {} : { item }),
    run: { id: run.jobId, dir: run.paths.dir, outputs: run.outputs },
    job: { dir: jobDir },
    now: run.now,
  };
  return lazily(scope, 'steps', () => needViews(run, step));
}

function needViews({ results }: RunFacts, step: PlanStep): Record<string, NeedResult> {
  const from = itemwiseNeed(step);
  const views = step.needs.flatMap((need) => {
    const view = need === from ? undefined : results.view(need);
    return view === undefined ? [] : [[need, view] as const];
  });
  return Object.fromEntries(views);
}
