import type { Digest } from '@orch/contracts';
import { entryFile } from './cache-places.ts';
import type { CachePlaces } from './cache-places.ts';
import { cacheStats } from './cache-stats.ts';
import type { CacheStats } from './cache-stats.ts';
import { pruneCache } from './prune-cache.ts';
import type { PruneOptions, Pruned } from './prune-cache.ts';
import { removeFile } from './stored-files.ts';
import { verifyCache } from './verify-cache.ts';
import type { CacheCheck } from './verify-cache.ts';

/** Looking after what is stored. Throws `io`. */
export interface Upkeep {
  /** How much there is, by names and sizes only. */
  stats(): CacheStats;
  /**
   * Removes entries unused for long, then bytes that no entry names any more and what killed processes left, unless
   * younger than an hour. Safe beside running jobs: to them a removed entry is one that was never there.
   */
  prune(options?: PruneOptions): Promise<Pruned>;
  /** Reads everything and says what cannot be used. */
  verify(): CacheCheck;
  /** False when there is no such entry. */
  remove(key: Digest): boolean;
}

export function createUpkeep(places: CachePlaces): Upkeep {
  return {
    stats: () => cacheStats(places),
    prune: (options) => pruneCache(places, options),
    verify: () => verifyCache(places),
    remove(key) {
      const paths = places.folders().map((folder) => entryFile(folder, key));
      return paths.filter(removeFile).length > 0;
    },
  };
}
