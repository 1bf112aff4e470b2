import type { CompiledJob, JsonObject } from '@orch/contracts';

/** What a person said beside a job. */
export type Given = { readonly vars?: JsonObject | undefined; readonly provider?: string | undefined };

/** What was said when a run began, or went on last. */
export function givenTo({ given = {}, plan }: CompiledJob): Given {
  const { vars = [], provider } = given;
  const known = vars.filter((name) => Object.hasOwn(plan.vars, name));
  return { vars: Object.fromEntries(known.map((name) => [name, plan.vars[name] ?? null])), provider };
}

/** The job with what was said beside it, so that its run can go on with that. */
export function withGiven(job: CompiledJob, { vars = {}, provider }: Given): CompiledJob {
  const names = Object.keys(vars).filter((name) => Object.hasOwn(job.plan.vars, name));
  return { ...job, given: { vars: names, ...(provider !== undefined && { provider }) } };
}
