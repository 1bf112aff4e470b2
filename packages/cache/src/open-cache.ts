import type { Json } from '@orch/contracts';
import type { Cache, CacheOptions, Codec } from './cache.ts';
import { runPlaces, sharedPlaces } from './cache-places.ts';
import { EntryFolders } from './entry-folders.ts';
import type { CacheWarning } from './entry-reader.ts';
import { FileCache } from './file-cache.ts';
import { createUpkeep } from './upkeep.ts';

/**
 * Opens a cache of answers in folders, which are created when first written to. Entries are written once and checked
 * when read; one that does not fit its key or digest counts as missing.
 */
export function openCache<V = Json>(dir: string, options: CacheOptions<V> = {}): Cache<V> {
  const { shared, durability = 'strict', clock = { now: () => Date.now() }, orchVersion = 'unknown' } = options;
  const { codec = asResponse as unknown as Codec<V>, onWarning: warn = warnProcess, refuse } = options;
  const own = runPlaces(dir);
  const ofAll = shared === undefined ? undefined : sharedPlaces(shared);
  const folders = new EntryFolders({ run: own, shared: ofAll, durability, reading: { warn, refuse } });
  const cache = new FileCache({ folders, flights: ofAll?.flights, codec, clock, orchVersion });
  return Object.assign(cache, createUpkeep(ofAll ?? own));
}

const asResponse: Codec<Json> = { toEntry: (response) => ({ response }), fromEntry: ({ response }) => response };

function warnProcess({ path, reason }: CacheWarning): void {
  process.emitWarning(`${path} is not used: ${reason}`, { type: 'CacheWarning' });
}
