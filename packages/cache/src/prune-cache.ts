import { readFileSync } from 'node:fs';
import type { Digest } from '@orch/contracts';
import type { CachePlaces } from './cache-places.ts';
import { ifThere } from './disc-errors.ts';
import { entriesToPrune } from './entries-to-prune.ts';
import { namedDigests } from './entry-file.ts';
import { clearFlight } from './flight-lock.ts';
import { blobFiles, draftFiles, entryFiles, flightFiles, removeUnused } from './stored-files.ts';
import type { StoredFile } from './stored-files.ts';

export type PruneOptions = {
  /** Entries that nobody used for longer than this go; milliseconds. */
  readonly olderThanMs?: number | undefined;
  /** Entries go, those unused for longest first, until all others and the blobs they name are no more than this. */
  readonly maxBytes?: number | undefined;
  /** Milliseconds since 1970; the system's time unless given. */
  readonly now?: number | undefined;
};

/** How many files went, and how large they were. */
export type Pruned = {
  readonly entries: number;
  /** Those that no entry names any more. */
  readonly blobs: number;
  /** Locks and unfinished files of processes that are gone. */
  readonly leftovers: number;
  readonly bytes: number;
};

/** What is younger may belong to an answer that is on its way. */
const settledMs = 3_600_000;

/**
 * Removes what was not used for long, and what nobody will find again. Safe beside running jobs: to them a removed entry
 * is one that was never there.
 */
export async function pruneCache(places: CachePlaces, options: PruneOptions = {}): Promise<Pruned> {
  const { olderThanMs = Infinity, maxBytes = Infinity, now = Date.now() } = options;
  const isSettled = ({ usedAt }: StoredFile) => usedAt < now - settledMs;
  const blobs = [...blobFiles(places)];
  const blobBytes = new Map(blobs.map(({ digest, bytes }) => [digest, bytes]));

  const entries = [...holdings(places, blobBytes)];
  const limits = { usedSince: now - olderThanMs, maxBytes };
  const gone = new Set(entriesToPrune(entries, blobBytes, limits).filter(removeUnused));
  const named = new Set(entries.flatMap((entry) => (gone.has(entry) ? [] : entry.blobs)));
  const forgotten = blobs.filter((blob) => !named.has(blob.digest) && isSettled(blob)).filter(removeUnused);
  const leftovers = [...draftFiles(places)].filter(isSettled).filter(removeUnused);
  for (const file of flightFiles(places)) {
    if (isSettled(file) && (await clearFlight(file.path))) leftovers.push(file);
  }
  return {
    entries: gone.size,
    blobs: forgotten.length,
    leftovers: leftovers.length,
    bytes: [...gone, ...forgotten, ...leftovers].reduce((sum, file) => sum + file.bytes, 0),
  };
}

function* holdings(places: CachePlaces, blobBytes: ReadonlyMap<Digest, number>) {
  for (const file of entryFiles(places)) {
    const digests = namedDigests(ifThere(() => readFileSync(file.path, 'utf8')) ?? '');
    yield { ...file, blobs: [...digests].filter((digest) => blobBytes.has(digest)) };
  }
}
