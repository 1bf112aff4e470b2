import { existsSync, readFileSync } from 'node:fs';
import type { CacheEntry, Digest } from '@orch/contracts';
import type { Question } from './cache-key.ts';
import { ifThere } from './disc-errors.ts';
import { parseEntry } from './entry-file.ts';

/** What was stored and cannot be used, and why. An entry like this counts as missing. */
export type CacheWarning = { readonly path: string; readonly reason: string };

export type ReadingOptions = {
  readonly warn: (warning: CacheWarning) => void;
  /** Why an entry that is whole may not be used. */
  readonly refuse?: ((entry: CacheEntry) => string | undefined) | undefined;
};

/** Reads the entries of one folder or kind of folder. */
export class EntryReader {
  readonly #options: ReadingOptions;
  /** Looking first saves the exception when there is no file, and costs as much as a quarter of the read when there is. */
  #looksFirst = true;

  constructor(options: ReadingOptions) {
    this.#options = options;
  }

  /** Undefined when there is none, or none that is whole. Throws `io`. */
  read(path: string, asked: Digest | Question): CacheEntry | undefined {
    const isAbsent = this.#looksFirst && !existsSync(path);
    const text = isAbsent ? undefined : ifThere(() => readFileSync(path, 'utf8'));
    this.#looksFirst = text === undefined; // what happened last happens again, more often than not
    if (text === undefined) return undefined;
    const entry = parseEntry(text, asked);
    if (typeof entry === 'string') return this.#leave(path, entry);
    const refused = this.#options.refuse?.(entry);
    return refused === undefined ? entry : this.#leave(path, refused);
  }

  #leave(path: string, reason: string): undefined {
    this.#options.warn({ path, reason });
    return undefined;
  }
}
