import { readdirSync } from 'node:fs';
import { join, sep } from 'node:path';
import type { Digest } from '@orch/contracts';
import { sha256 } from './cache-key.ts';
import { ifThere } from './disc-errors.ts';

/** Where a cache keeps what. */
export type CachePlaces = {
  /** The folder of `<key>.json` for a step. */
  folderOf(step: string): string;
  /** All such folders there are. */
  folders(): readonly string[];
  /** Holds `<2 hex>/<sha256>`: bytes that entries name by digest. */
  readonly blobs?: string;
  /** Holds `<key>.lock`: what is being computed. */
  readonly flights?: string;
};

export type SharedPlaces = CachePlaces & { readonly blobs: string; readonly flights: string };

/** A run's own folder has the entries of all its steps, and nothing else. */
export function runPlaces(dir: string): CachePlaces {
  return { folderOf: () => dir, folders: () => [dir] };
}

/** A shared folder has one folder for each step, so that all entries of a step are found without looking at others. */
export function sharedPlaces(shared: string): SharedPlaces {
  const entries = join(shared, 'entries');
  return {
    folderOf: (step) => `${entries}${sep}${folderName(step)}`,
    folders: () => namesIn(entries).map((name) => join(entries, name)),
    blobs: join(shared, 'blobs'),
    flights: join(shared, 'flights'),
  };
}

function folderName(step: string): string {
  return /^[a-z0-9_-]{1,64}$/.test(step) ? step : `~${sha256(step).slice(0, 16)}`;
}

export function entryFile(folder: string, key: Digest): string {
  return `${folder}${sep}${key}.json`;
}

export function blobFile(blobs: string, digest: Digest): string {
  return join(blobs, digest.slice(0, 2), digest);
}

/** The keys of the entries in a folder. */
export function keysIn(folder: string): Digest[] {
  return namesIn(folder).flatMap((name) => /^([0-9a-f]{64})\.json$/.exec(name)?.[1] ?? []);
}

/** None when there is no such folder. Throws `io`. */
export function namesIn(folder: string): string[] {
  return ifThere(() => readdirSync(folder)) ?? [];
}
