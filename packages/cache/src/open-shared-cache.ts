import { readFileSync } from 'node:fs';
import type { CacheEntry, Digest } from '@orch/contracts';
import { sharedPlaces } from './cache-places.ts';
import { toTimestamp } from './cache-stats.ts';
import { ifThere } from './disc-errors.ts';
import { parseEntry } from './entry-file.ts';
import { entryFiles } from './stored-files.ts';
import { createUpkeep } from './upkeep.ts';
import type { Upkeep } from './upkeep.ts';

/** An entry and what the disc knows of it. */
export type ListedEntry = {
  readonly entry: CacheEntry;
  readonly bytes: number;
  /** When it was written or last given to a run that did not have it; a `ts` as in records. */
  readonly usedAt: string;
};

/** The folder that many runs share, seen from outside any run. */
export interface SharedCache extends Upkeep {
  /** The whole entries of all steps, or of one, those used last first. */
  list(step?: string): Generator<ListedEntry>;
  /** The keys that begin so, also of entries that are not whole. */
  keys(prefix?: string): Digest[];
}

/** Nothing is created or changed by opening. */
export function openSharedCache(shared: string): SharedCache {
  const places = sharedPlaces(shared);
  return {
    ...createUpkeep(places),
    *list(step) {
      const newestFirst = [...entryFiles(places, step)].sort((a, b) => b.usedAt - a.usedAt);
      for (const { path, key, bytes, usedAt } of newestFirst) {
        const text = ifThere(() => readFileSync(path, 'utf8'));
        const entry = text === undefined ? undefined : parseEntry(text, key);
        if (typeof entry === 'object') yield { entry, bytes, usedAt: toTimestamp(usedAt) };
      }
    },
    keys: (prefix = '') => Array.from(entryFiles(places), ({ key }) => key).filter((key) => key.startsWith(prefix)),
  };
}
