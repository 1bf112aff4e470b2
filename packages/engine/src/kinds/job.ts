import { resolve } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError, err, ok } from '@orch/contracts';
import type { Json, JsonObject, Result, StepKind, SubJob } from '@orch/contracts';
import { fitVar } from '@orch/spec';
import { z } from 'zod';

const input = z.strictObject({
  /** The path of the job file, for people. */
  spec: z.string(),
  /** What it was compiled to; its folder may be relative to that of this job. */
  job: z.custom<SubJob>((value) => typeof value === 'object' && value !== null && 'plan' in value),
  /** They override those of its plan. */
  vars: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null).default({}),
});

/** Runs another job as a run of its own; the outputs of its steps are the result, the files that they wrote its files. Who answers it may be who answers this one. */
export const jobKind: StepKind<z.infer<typeof input>> = {
  kind: 'job',
  version: 3,
  input,
  asks: true,
  fingerprint: ({ job: { plan }, vars }) => ({ plan: sha256(canonicalJson(plan)), vars }),
  async run({ job, vars }, host) {
    const own = fitted(vars, job.plan.vars);
    if (!own.ok) return { status: 'failed', error: own.error };
    const plan = { ...job.plan, vars: { ...job.plan.vars, ...own.value } };
    const jobDir = resolve(host.dirs.job, job.jobDir);
    const end = await host.runJob({ ...job, plan, jobDir });
    return end.status === 'succeeded' ? { status: 'succeeded', output: { ...end.outputs } } : end;
  },
};

/** Of the types that the defaults have; what a template gave for a text is printed as templates do. */
function fitted(vars: JsonObject, defaults: JsonObject): Result<JsonObject> {
  const values: [string, Json][] = [];
  for (const [name, value] of Object.entries(vars)) {
    const byDefault = defaults[name];
    const isText = typeof byDefault === 'string' && typeof value !== 'string';
    const found = fitVar(isText ? JSON.stringify(value) : value, byDefault);
    if (!found.ok) return err(new OrchError('spec', `vars.${name}: ${found.error}, got ${shown(value)}.`));
    values.push([name, found.value]);
  }
  return ok(Object.fromEntries(values));
}

function shown(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
