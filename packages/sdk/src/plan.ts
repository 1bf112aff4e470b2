import type { CompiledJob } from '@orch/contracts';
import { runsFolder } from './environment.ts';
import type { Job } from './define-job/job.ts';
import { loadJobFile } from './prepare/load-job-file.ts';
import { compileOptions, surroundings, whereIs } from './prepare/prepare-run.ts';
import type { PrepareOptions } from './prepare/prepare-run.ts';
import { requireSeparate } from './prepare/require-separate.ts';

/** Compiles a job, or a job file, and runs nothing; nobody is asked whether they would answer. Rejects with `spec` or `usage`. */
export async function plan(
  spec: string | Job | undefined,
  options: Pick<PrepareOptions, 'cwd' | 'jobDir' | 'env' | 'vars' | 'onSecrets'> = {},
): Promise<CompiledJob> {
  const around = surroundings(options);
  const { file, defined } = whereIs(spec, { ...options, cwd: around.cwd });
  const job = await loadJobFile(file, { ...compileOptions(around, options), defined });
  requireSeparate(job, runsFolder(undefined, around));
  return job;
}
