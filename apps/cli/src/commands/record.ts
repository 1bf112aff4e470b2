import { relative, resolve } from 'node:path';
import { exitCodes } from '@orch/contracts';
import { findRun, recordReplies } from '@orch/sdk';
import { plural } from '../terminal/words.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute(invocation: Invocation<RunsDirOption & { readonly to?: string }>): Promise<0> {
  const {
    terminal,
    args: [job],
    options,
  } = invocation;
  const to = resolve(terminal.cwd, options.to ?? 'recordings');
  const files = await recordReplies(findRun(runsDirOf(options, terminal), job), to);
  if (options.json) terminal.out(JSON.stringify(files, undefined, 2));
  else {
    for (const file of files) terminal.out(relative(terminal.cwd, file));
    terminal.out(`${plural(files.length, 'recording')}; answer from them with --provider replay`);
  }
  return exitCodes.succeeded;
}
