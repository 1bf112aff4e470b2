import { exitCodes } from '@orch/contracts';
import { findRun, verifyRun } from '@orch/sdk';
import { describeVerified, verifiedRecord } from '../describe/describe-verified.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute({ terminal, args: [job], options }: Invocation<RunsDirOption>): Promise<0> {
  const verified = await verifyRun(findRun(runsDirOf(options, terminal), job));
  if (!verified.ok) throw verified.error;
  if (options.json) terminal.out(JSON.stringify(verifiedRecord(verified.value), undefined, 2));
  else for (const line of describeVerified(verified.value, 'is whole')) terminal.out(line);
  return exitCodes.succeeded;
}
