import { resolve } from 'node:path';
import type { CompiledJob } from '@orch/contracts';
import { readConcurrency, runsFolder, withDotenv } from './environment.ts';
import type { Job } from './define-job/job.ts';
import { loadJobFile } from './prepare/load-job-file.ts';
import { whereIs } from './prepare/prepare-run.ts';
import type { PrepareOptions } from './prepare/prepare-run.ts';
import { requireSeparate } from './prepare/require-separate.ts';

/** Compiles a job, or a job file, and runs nothing; nobody is asked whether they would answer. Rejects with `spec` or `usage`. */
export async function plan(
  spec: string | Job | undefined,
  options: Pick<PrepareOptions, 'cwd' | 'jobDir' | 'env' | 'vars'> = {},
): Promise<CompiledJob> {
  const { cwd = process.cwd(), vars } = options;
  const env = withDotenv(options.env ?? process.env, cwd);
  const { file, defined } = whereIs(spec, { ...options, cwd: resolve(cwd) });
  const job = await loadJobFile(file, {
    cwd,
    env,
    defined,
    concurrency: readConcurrency(env),
    ...(vars === undefined ? {} : { vars }),
  });
  requireSeparate(job, runsFolder(undefined, { env, cwd }));
  return job;
}
