import type { CachePlaces } from './cache-places.ts';
import { blobFiles, entryFiles } from './stored-files.ts';

export type CacheStats = {
  readonly entries: number;
  /** Bytes that entries name by digest: prompts, schemas, files. */
  readonly blobs: number;
  /** Of all entries and blobs. */
  readonly bytes: number;
  /** When the entry that was used (else written) first was, and when the one that was used last: `ts` as in records. */
  readonly oldest?: string;
  readonly newest?: string;
};

export function cacheStats(places: CachePlaces): CacheStats {
  const entries = [...entryFiles(places)];
  const blobs = [...blobFiles(places)];
  const bytes = [...entries, ...blobs].reduce((sum, file) => sum + file.bytes, 0);
  const used = entries.map(({ usedAt }) => usedAt).sort((a, b) => a - b);
  const [first, last] = [used[0], used.at(-1)];
  return {
    entries: entries.length,
    blobs: blobs.length,
    bytes,
    ...(first === undefined ? {} : { oldest: toTimestamp(first) }),
    ...(last === undefined ? {} : { newest: toTimestamp(last) }),
  };
}

export function toTimestamp(ms: number): string {
  return new Date(ms).toISOString();
}
