import { exitCodes } from '@orch/contracts';
import { table } from '../terminal/words.ts';
import { sharedCacheOf, sizeInWords } from './cache-folder.ts';
import type { Invocation } from './index.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute({ terminal, options }: Invocation<RunsDirOption>): Promise<0> {
  const { folder, cache } = sharedCacheOf(options, terminal);
  const { entries, blobs, bytes, oldest, newest } = cache.stats();
  const rows = [
    ['folder', folder],
    ['entries', String(entries)],
    ['blobs', String(blobs)],
    ['size', sizeInWords(bytes)],
    ['used first', oldest ?? '-'],
    ['used last', newest ?? '-'],
  ];
  const record = { folder, entries, blobs, size_bytes: bytes, oldest: oldest ?? null, newest: newest ?? null };
  if (options.json) terminal.out(JSON.stringify(record, undefined, 2));
  else for (const line of table(rows)) terminal.out(line);
  return exitCodes.succeeded;
}
