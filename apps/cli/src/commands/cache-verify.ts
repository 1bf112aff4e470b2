import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { harmless, plural } from '../terminal/words.ts';
import { sharedCacheOf } from './cache-folder.ts';
import type { Invocation } from './index.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute({ terminal, options }: Invocation<RunsDirOption>): Promise<ExitCode> {
  const { folder, cache } = sharedCacheOf(options, terminal);
  const check = cache.verify();
  const { entries, blobs, misfits } = check;
  const read = `${plural(entries, 'entry', 'entries')} and ${plural(blobs, 'blob')} in ${folder}`;
  if (options.json) terminal.out(JSON.stringify(check, undefined, 2));
  else if (misfits.length === 0) terminal.out(`Nothing is wrong with ${read}.`);
  else {
    for (const { path, reason } of misfits) terminal.out(`${path}: ${harmless(reason)}`);
    terminal.out(`Read ${read}; ${plural(misfits.length, 'file')} cannot be used, and may be deleted.`);
  }
  return misfits.length === 0 ? exitCodes.succeeded : exitCodes.difference;
}
