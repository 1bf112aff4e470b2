import { userInfo } from 'node:os';
import { exitCodes } from '@orch/contracts';
import { askRun, findRun, hiderOfRun } from '@orch/sdk';
import { basename } from 'node:path';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute(invocation: Invocation<RunsDirOption & { readonly reason?: string }>): Promise<0> {
  const { terminal, args, options } = invocation;
  const dir = findRun(runsDirOf(options, terminal), args[0]);
  const reason = options.reason ?? 'canceled by a person';
  const hider = await hiderOfRun(dir, terminal);
  const done = await askRun(dir, { kind: 'cancel', reason, by: userInfo().username }, { hider });
  const said = {
    here: 'is canceled',
    there: 'is being canceled by the process that runs it',
    left: 'will be canceled when the process that runs it looks into its inbox',
  };
  if (options.json) terminal.out(JSON.stringify({ job_id: basename(dir), done }));
  else terminal.out(`${basename(dir)} ${said[done]}.`);
  return exitCodes.succeeded;
}
