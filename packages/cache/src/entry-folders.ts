import { linkSync, mkdirSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OrchError } from '@orch/contracts';
import { writeAtomic } from '@orch/filestore';
import type { Durability } from '@orch/filestore';
import type { CacheEntry, Digest } from '@orch/contracts';
import { sha256 } from './cache-key.ts';
import { readEntry } from './entry-file.ts';
import type { CacheWarning } from './entry-file.ts';

export type Level = 'run' | 'shared';

export type FoldersOptions = {
  /** `<run>/.cache`: one file for each key. */
  readonly run: string;
  /** `<runs>/.cache`: `entries/<step>/<key>.json`, so that all entries of a step are found without looking at others. */
  readonly shared: string | undefined;
  readonly durability: Durability;
  readonly warn: (warning: CacheWarning) => void;
};

/** The entries on disc: those of this run, and those all runs share. */
export class EntryFolders {
  readonly #options: FoldersOptions;

  constructor(options: FoldersOptions) {
    this.#options = options;
  }

  read(level: Level, { key, preimage }: Pick<CacheEntry, 'key' | 'preimage'>): CacheEntry | undefined {
    const path = this.#path(level, key, preimage.step);
    return path === undefined ? undefined : readEntry(path, key, this.#options.warn);
  }

  /** Looks in the run's folder, then in that of every step. */
  find(key: Digest): CacheEntry | undefined {
    const { run, warn } = this.#options;
    for (const folder of [run, ...this.#stepFolders()]) {
      const entry = readEntry(join(folder, `${key}.json`), key, warn);
      if (entry) return entry;
    }
    return undefined;
  }

  /** Puts an entry into the run's folder, replacing what is there. */
  write(entry: CacheEntry): void {
    const path = join(this.#options.run, `${entry.key}.json`);
    writeAtomic(path, `${JSON.stringify(entry)}\n`, { durability: this.#options.durability });
  }

  /**
   * Puts the run's entry into the shared folder, or the shared one into the run's. Its name there is not synced: after
   * a power cut it may have to be fetched again from where it came.
   */
  pass(to: Level, { key, preimage }: Pick<CacheEntry, 'key' | 'preimage'>): void {
    const source = this.#path(to === 'run' ? 'shared' : 'run', key, preimage.step);
    const target = this.#path(to, key, preimage.step);
    if (source === undefined || target === undefined) return;
    try {
      mkdirSync(dirname(target), { recursive: true });
      linkSync(source, target);
    } catch {
      // Something stands there, or this disc cannot link: a copy does as well, or says what is wrong.
      writeAtomic(target, readFileSync(source), { durability: this.#options.durability });
    }
  }

  /** Whole entries, in no order. */
  *all(level: Level): Generator<CacheEntry> {
    const folders = level === 'run' ? [this.#options.run] : this.#stepFolders();
    for (const folder of folders) yield* this.#entriesIn(folder);
  }

  *ofStep(step: string): Generator<CacheEntry> {
    const folder = this.#stepFolder(step);
    if (folder !== undefined) yield* this.#entriesIn(folder);
  }

  #path(level: Level, key: Digest, step: string): string | undefined {
    const folder = level === 'run' ? this.#options.run : this.#stepFolder(step);
    return folder && join(folder, `${key}.json`);
  }

  #stepFolder(step: string): string | undefined {
    const { shared } = this.#options;
    const name = /^[a-z0-9_-]{1,64}$/.test(step) ? step : `~${sha256(step).slice(0, 16)}`;
    return shared && join(shared, 'entries', name);
  }

  #stepFolders(): string[] {
    const { shared } = this.#options;
    if (shared === undefined) return [];
    const entries = join(shared, 'entries');
    return namesIn(entries).map((name) => join(entries, name));
  }

  *#entriesIn(folder: string): Generator<CacheEntry> {
    for (const name of namesIn(folder)) {
      const key = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      const entry = key && readEntry(join(folder, name), key, this.#options.warn);
      if (entry) yield entry;
    }
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return [];
    throw OrchError.from(error, 'io');
  }
}
