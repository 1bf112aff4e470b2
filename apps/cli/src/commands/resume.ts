import type { ExitCode } from '@orch/contracts';
import { findRun } from '@orch/sdk';
import { resumeJob } from '../resume-job.ts';
import type { ResumeFlags } from '../resume-job.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';

export async function execute(invocation: Invocation<ResumeFlags & { readonly spec?: string }>): Promise<ExitCode> {
  const { terminal, args, options } = invocation;
  const dir = findRun(runsDirOf(options, terminal), args[0]);
  return resumeJob(terminal, options, { dir, spec: options.spec });
}
