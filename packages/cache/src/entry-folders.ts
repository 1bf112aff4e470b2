import { existsSync, linkSync, mkdirSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeAtomic } from '@orch/filestore';
import type { Durability } from '@orch/filestore';
import type { CacheEntry, Digest } from '@orch/contracts';
import type { Question } from './cache-key.ts';
import { blobFile, entryFile, keysIn } from './cache-places.ts';
import type { CachePlaces, SharedPlaces } from './cache-places.ts';
import { hasErrno } from './disc-errors.ts';
import { entryLine, namedDigests } from './entry-file.ts';
import type { EntryRest } from './entry-file.ts';
import { EntryReader } from './entry-reader.ts';
import type { ReadingOptions } from './entry-reader.ts';

export type Level = 'run' | 'shared';

export type FoldersOptions = {
  readonly run: CachePlaces;
  readonly shared: SharedPlaces | undefined;
  readonly durability: Durability;
  readonly reading: ReadingOptions;
};

/** The entries on disc: those of this run, and those all runs share. */
export class EntryFolders {
  readonly #options: FoldersOptions;
  readonly #readers: Readonly<Record<Level, EntryReader>>;

  constructor(options: FoldersOptions) {
    this.#options = options;
    this.#readers = { run: new EntryReader(options.reading), shared: new EntryReader(options.reading) };
  }

  read(level: Level, question: Question): CacheEntry | undefined {
    const path = this.#path(level, question);
    return path === undefined ? undefined : this.#readers[level].read(path, question);
  }

  /** Looks in the run's folder, then in that of every step. */
  find(key: Digest): CacheEntry | undefined {
    for (const level of ['run', 'shared'] as const) {
      for (const folder of this.#folders(level)) {
        const entry = this.#readers[level].read(entryFile(folder, key), key);
        if (entry) return entry;
      }
    }
    return undefined;
  }

  /** Puts an entry into the run's folder, replacing what is there. */
  write(question: Question, rest: EntryRest): void {
    this.#write('run', question, rest);
  }

  /** Gives the run's entry to all runs. Its name there is not synced: the run has it. */
  share(question: Question, entry: EntryRest): void {
    this.#pass('shared', question, entry);
  }

  /** Gives the shared entry to this run, and notes that it was of use. */
  take(question: Question, { key: _key, preimage: _preimage, ...rest }: CacheEntry): void {
    this.#pass('run', question, rest);
  }

  /** Notes that the stored bytes which a question names are of use, so that nobody clears them away as forgotten. */
  markBlobs({ text }: Question): void {
    const { shared } = this.#options;
    if (shared === undefined) return;
    for (const digest of namedDigests(text)) {
      const path = blobFile(shared.blobs, digest);
      if (existsSync(path)) markUsed(path);
    }
  }

  /** Whole entries, in no order. */
  *all(level: Level): Generator<CacheEntry> {
    for (const folder of this.#folders(level)) yield* this.#entriesIn(folder, level);
  }

  *sharedOf(step: string): Generator<CacheEntry> {
    const { shared } = this.#options;
    if (shared !== undefined) yield* this.#entriesIn(shared.folderOf(step), 'shared');
  }

  *#entriesIn(folder: string, level: Level): Generator<CacheEntry> {
    for (const key of keysIn(folder)) {
      const entry = this.#readers[level].read(entryFile(folder, key), key);
      if (entry) yield entry;
    }
  }

  #folders(level: Level): readonly string[] {
    return this.#options[level]?.folders() ?? [];
  }

  #path(level: Level, { key, preimage }: Question): string | undefined {
    const places = this.#options[level];
    return places && entryFile(places.folderOf(preimage.step), key);
  }

  #pass(to: Level, question: Question, rest: EntryRest): void {
    const source = this.#path(to === 'run' ? 'shared' : 'run', question);
    const target = this.#path(to, question);
    if (source === undefined || target === undefined) return;
    if (to === 'run') markUsed(source);
    if (!linked(source, target)) this.#write(to, question, rest);
  }

  #write(level: Level, question: Question, rest: EntryRest): void {
    const path = this.#path(level, question);
    if (path !== undefined) writeAtomic(path, entryLine(question, rest), { durability: this.#options.durability });
  }
}

function markUsed(path: string): void {
  try {
    const now = new Date();
    utimesSync(path, now, now);
  } catch {
    // It may be gone by now, or belong to somebody else: then it only looks older than it is.
  }
}

/** A second name for a file. False when one stands there, or when this disc has no links. */
function linked(source: string, target: string): boolean {
  try {
    linkSync(source, target);
    return true;
  } catch (error) {
    return hasErrno(error, 'ENOENT') && linkedInNewFolder(source, target);
  }
}

function linkedInNewFolder(source: string, target: string): boolean {
  try {
    mkdirSync(dirname(target), { recursive: true });
    linkSync(source, target);
    return true;
  } catch {
    return false; // who writes the file instead says what is wrong
  }
}
