import { readFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Digest } from '@orch/contracts';
import { sha256 } from './cache-key.ts';
import type { CachePlaces } from './cache-places.ts';
import { ifThere } from './disc-errors.ts';
import { parseEntry } from './entry-file.ts';
import type { CacheWarning } from './entry-reader.ts';
import { blobFiles, entryFiles } from './stored-files.ts';

export type CacheCheck = {
  /** How many were read. */
  readonly entries: number;
  readonly blobs: number;
  /** Those that cannot be used, and why. */
  readonly misfits: readonly CacheWarning[];
};

/** Reads everything. What is removed meanwhile is no misfit. */
export function verifyCache(places: CachePlaces): CacheCheck {
  const entries = [...entryFiles(places)];
  const blobs = [...blobFiles(places)];
  const misfits = [
    ...entries.map(({ path, key }) => ({ path, reason: misfitOfEntry(path, key, places) })),
    ...blobs.map(({ path, digest }) => ({ path, reason: misfitOfBlob(path, digest) })),
  ].flatMap(({ path, reason }) => (reason === undefined ? [] : { path, reason }));
  return { entries: entries.length, blobs: blobs.length, misfits };
}

function misfitOfEntry(path: string, key: Digest, places: CachePlaces): string | undefined {
  const text = ifThere(() => readFileSync(path, 'utf8'));
  const entry = text === undefined ? undefined : parseEntry(text, key);
  if (entry === undefined || typeof entry === 'string') return entry;
  const folder = places.folderOf(entry.preimage.step);
  return folder === dirname(path) ? undefined : `it is of step ${entry.preimage.step}, expected in ${folder}`;
}

function misfitOfBlob(path: string, digest: Digest): string | undefined {
  const content = ifThere(() => readFileSync(path));
  const found = content === undefined ? digest : sha256(content);
  if (found !== digest) return `its content has sha256 ${found}`;
  const folder = digest.slice(0, 2);
  return folder === basename(dirname(path)) ? undefined : `expected in the folder ${folder}`;
}
