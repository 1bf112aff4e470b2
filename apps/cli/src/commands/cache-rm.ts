import type { SharedCache } from '@orch/cache';
import { OrchError, exitCodes } from '@orch/contracts';
import type { Digest } from '@orch/contracts';
import { sharedCacheOf } from './cache-folder.ts';
import type { Invocation } from './index.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute({ terminal, args, options }: Invocation<RunsDirOption>): Promise<0> {
  const { folder, cache } = sharedCacheOf(options, terminal);
  const keys = new Set(args.map((start) => keyOf(start, cache, folder)));
  const removed = [...keys].filter((key) => cache.remove(key));
  if (options.json) terminal.out(JSON.stringify(removed, undefined, 2));
  else for (const key of removed) terminal.out(`removed ${key}`);
  return exitCodes.succeeded;
}

/** All are looked up before the first is removed: a wrong one leaves everything as it is. */
function keyOf(start: string, cache: SharedCache, folder: string): Digest {
  if (!/^[0-9a-f]{1,64}$/.test(start)) {
    throw new OrchError('usage', `Expected a key or the start of one, hexadecimal digits, got \`${start}\`.`);
  }
  const [key, ...others] = cache.keys(start);
  if (key === undefined) {
    throw new OrchError('not_found', `Expected an entry whose key begins with ${start} in ${folder}, found none.`, {
      hint: 'orch cache ls prints the keys there are.',
    });
  }
  if (others.length === 0) return key;
  throw new OrchError('usage', `Expected one entry whose key begins with ${start}, found ${others.length + 1}.`, {
    hint: 'Give more of the key.',
  });
}
