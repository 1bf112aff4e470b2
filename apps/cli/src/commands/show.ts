import { exitCodes } from '@orch/contracts';
import { findRun, readRun } from '@orch/sdk';
import type { ReadRun } from '@orch/sdk';
import { describeRun } from '../describe-run.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './options.ts';
import type { RunsDirOption } from './options.ts';

export async function execute({ terminal, args: [job], options }: Invocation<RunsDirOption>): Promise<0> {
  const run = await readRun(findRun(runsDirOf(options, terminal), job));
  if (options.json) terminal.out(JSON.stringify(record(run), undefined, 2));
  else for (const line of describeRun(run, terminal)) terminal.out(line);
  return exitCodes.succeeded;
}

function record({ manifest, status, dir, children }: ReadRun): object {
  return { ...manifest, status, dir, children };
}
