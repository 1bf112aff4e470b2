import { statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Digest } from '@orch/contracts';
import { entryFile, keysIn, namesIn } from './cache-places.ts';
import type { CachePlaces } from './cache-places.ts';
import { ifThere } from './disc-errors.ts';

/** A file of a cache, as the disc knows it. */
export type StoredFile = {
  readonly path: string;
  readonly bytes: number;
  /** When it was written or last marked as used; milliseconds since 1970. */
  readonly usedAt: number;
};

/** The entries of all steps, or of one. */
export function* entryFiles(places: CachePlaces, step?: string): Generator<StoredFile & { readonly key: Digest }> {
  for (const folder of step === undefined ? places.folders() : [places.folderOf(step)]) {
    for (const key of keysIn(folder)) {
      const file = fileAt(entryFile(folder, key));
      if (file) yield { ...file, key };
    }
  }
}

export function* blobFiles(places: CachePlaces): Generator<StoredFile & { readonly digest: Digest }> {
  for (const folder of blobFolders(places)) {
    for (const digest of namesIn(folder)) {
      const file = /^[0-9a-f]{64}$/.test(digest) ? fileAt(join(folder, digest)) : undefined;
      if (file) yield { ...file, digest };
    }
  }
}

export function flightFiles({ flights }: CachePlaces): Iterable<StoredFile> {
  return flights === undefined ? [] : filesNamed(/\.lock$/, [flights]);
}

/** What writers that were killed left unfinished. */
export function draftFiles(places: CachePlaces): Iterable<StoredFile> {
  return filesNamed(/^\.orch-.*\.tmp$/, [...places.folders(), ...blobFolders(places)]);
}

/** False when somebody used or removed it since it was looked at. Throws `io`. */
export function removeUnused({ path, usedAt }: StoredFile): boolean {
  return fileAt(path)?.usedAt === usedAt && removeFile(path);
}

/** False when there is no such file. Throws `io`. */
export function removeFile(path: string): boolean {
  const removed = ifThere(() => {
    unlinkSync(path);
    return true;
  });
  return removed ?? false;
}

function blobFolders({ blobs }: CachePlaces): string[] {
  return blobs === undefined ? [] : namesIn(blobs).map((name) => join(blobs, name));
}

function* filesNamed(pattern: RegExp, folders: readonly string[]): Generator<StoredFile> {
  for (const folder of folders) {
    for (const name of namesIn(folder)) {
      const file = pattern.test(name) ? fileAt(join(folder, name)) : undefined;
      if (file) yield file;
    }
  }
}

/** Files may go while others are looked at. */
function fileAt(path: string): StoredFile | undefined {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat && { path, bytes: stat.size, usedAt: stat.mtimeMs };
}
