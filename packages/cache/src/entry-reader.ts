import { existsSync, readFileSync } from 'node:fs';
import type { CacheEntry, Digest } from '@orch/contracts';
import type { Question } from './cache-key.ts';
import { ifThere } from './disc-errors.ts';
import { parseEntry } from './entry-file.ts';

/** What was stored and cannot be used, and why. An entry like this counts as missing. */
export type CacheWarning = { readonly path: string; readonly reason: string };

/** Reads the entries of one folder or kind of folder. */
export class EntryReader {
  readonly #warn: (warning: CacheWarning) => void;
  /** Looking first saves the exception when there is no file, and costs as much as a quarter of the read when there is. */
  #looksFirst = true;

  constructor(warn: (warning: CacheWarning) => void) {
    this.#warn = warn;
  }

  /** Undefined when there is none, or none that is whole. Throws `io`. */
  read(path: string, asked: Digest | Question): CacheEntry | undefined {
    const isAbsent = this.#looksFirst && !existsSync(path);
    const text = isAbsent ? undefined : ifThere(() => readFileSync(path, 'utf8'));
    this.#looksFirst = text === undefined; // what happened last happens again, more often than not
    if (text === undefined) return undefined;
    const entry = parseEntry(text, asked);
    if (typeof entry !== 'string') return entry;
    this.#warn({ path, reason: entry });
    return undefined;
  }
}
