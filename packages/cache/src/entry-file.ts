import { existsSync, readFileSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { CacheEntry, Digest } from '@orch/contracts';
import { cacheKey, responseDigest } from './cache-key.ts';

/** A stored entry that cannot be used, and why. It counts as missing. */
export type CacheWarning = { readonly path: string; readonly reason: string };

/**
 * Reads an entry and checks it: its key is the one asked for and that of its preimage, its response fits its digest.
 * Undefined when there is none, or none that fits.
 */
export function readEntry(path: string, key: Digest, warn: (warning: CacheWarning) => void): CacheEntry | undefined {
  const text = readText(path);
  if (text === undefined) return undefined;
  const entry = parse(text);
  const reason = entry === undefined ? 'it is not a JSON object' : misfitOf(entry, key);
  if (reason === undefined) return entry;
  warn({ path, reason });
  return undefined;
}

function readText(path: string): string | undefined {
  if (!existsSync(path)) return undefined; // a miss is no exception, and an exception costs as much as a read
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new OrchError('io', `Could not read the cache entry ${path}: ${(cause as Error).message}`, { cause });
  }
}

function parse(text: string): CacheEntry | undefined {
  try {
    const entry = JSON.parse(text) as CacheEntry | null;
    return typeof entry === 'object' && entry !== null ? entry : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function misfitOf({ key, preimage, response, sha256 }: CacheEntry, asked: Digest): string | undefined {
  if (key !== asked) return `expected key ${asked}, got ${key}`;
  if (preimage === undefined || cacheKey(preimage) !== key) return `its preimage does not give key ${key}`;
  if (response === undefined || responseDigest(response) !== sha256) return `its response does not fit ${sha256}`;
  return undefined;
}
