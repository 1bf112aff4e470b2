import type { Json } from '@orch/contracts';
import type { Cache, CacheOptions, Codec } from './cache.ts';
import { EntryFolders } from './entry-folders.ts';
import type { CacheWarning } from './entry-file.ts';
import { FileCache } from './file-cache.ts';

/**
 * Opens a cache of answers in folders, which are created when first written to. Entries are written once and checked
 * when read; one that does not fit its key or digest counts as missing.
 */
export function openCache<V = Json>(dir: string, options: CacheOptions<V> = {}): Cache<V> {
  const { shared, durability = 'strict', clock = { now: () => Date.now() }, orchVersion = 'unknown' } = options;
  const { codec = asResponse as unknown as Codec<V>, onWarning: warn = warnProcess } = options;
  const folders = new EntryFolders({ run: dir, shared, durability, warn });
  return new FileCache({ folders, shared, codec, clock, orchVersion });
}

const asResponse: Codec<Json> = { toEntry: (response) => ({ response }), fromEntry: ({ response }) => response };

function warnProcess({ path, reason }: CacheWarning): void {
  process.emitWarning(`${path} is not used: ${reason}`, { type: 'CacheWarning' });
}
