import { userInfo } from 'node:os';
import { basename } from 'node:path';
import { exitCodes } from '@orch/contracts';
import { askRun, findRun } from '@orch/sdk';
import type { Invocation } from './index.ts';
import { runsDirOf } from './options.ts';
import type { RunsDirOption } from './options.ts';

type Options = RunsDirOption & { readonly reject?: true };

export async function execute({ terminal, args, options }: Invocation<Options>): Promise<0> {
  const [job, step = '', item] = args;
  const dir = findRun(runsDirOf(options, terminal), job);
  const granted = options.reject !== true;
  const answer = { kind: 'answer', step, granted, by: userInfo().username } as const;
  const done = await askRun(dir, item === undefined ? answer : { ...answer, item });
  const name = [step, item].filter((part) => part !== undefined).join(' ');
  if (options.json) terminal.out(JSON.stringify({ job_id: basename(dir), step, granted, done }));
  else terminal.out(`${name}: ${granted ? 'granted' : 'rejected'}. Go on with: orch resume ${basename(dir)}`);
  return exitCodes.succeeded;
}
