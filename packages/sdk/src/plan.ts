import { resolve } from 'node:path';
import type { CompiledJob } from '@orch/contracts';
import { readConcurrency, withDotenv } from './environment.ts';
import { findJobFile, loadJobFile } from './load-job-file.ts';
import type { PrepareOptions } from './prepare-run.ts';

/** Compiles a job file and runs nothing; nobody is asked whether they would answer. Rejects with `spec` or `usage`. */
export async function plan(
  spec: string,
  options: Pick<PrepareOptions, 'cwd' | 'env' | 'vars'> = {},
): Promise<CompiledJob> {
  const { cwd = process.cwd(), vars } = options;
  const env = withDotenv(options.env ?? process.env, cwd);
  return loadJobFile(findJobFile(resolve(cwd), spec), {
    cwd,
    concurrency: readConcurrency(env),
    ...(vars === undefined ? {} : { vars }),
  });
}
