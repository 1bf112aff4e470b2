import { resolve } from 'node:path';
import { canonicalJson, sha256 } from '@orch/cache';
import type { JsonObject, StepKind, SubJob } from '@orch/contracts';
import { z } from 'zod';

const input = z.strictObject({
  /** The path of the job file, for people. */
  spec: z.string(),
  /** What it was compiled to; its folder may be relative to that of this job. */
  job: z.custom<SubJob>((value) => typeof value === 'object' && value !== null && 'plan' in value),
  /** They override those of its plan. */
  vars: z.custom<JsonObject>((value) => typeof value === 'object' && value !== null).default({}),
});

/** Runs another job as a run of its own; the outputs of its steps are the result. Who answers it may be who answers this one. */
export const jobKind: StepKind<z.infer<typeof input>> = {
  kind: 'job',
  version: 1,
  input,
  asks: true,
  fingerprint: ({ job: { plan }, vars }) => ({ plan: sha256(canonicalJson(plan)), vars }),
  async run({ job, vars }, host) {
    const plan = { ...job.plan, vars: { ...job.plan.vars, ...vars } };
    const jobDir = resolve(host.dirs.job, job.jobDir);
    const end = await host.runJob({ ...job, plan, jobDir });
    return end.status === 'succeeded' ? { status: 'succeeded', output: { ...end.outputs } } : end;
  },
};
