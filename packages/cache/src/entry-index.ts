import type { Digest, Preimage } from '@orch/contracts';
import type { Question } from './cache-key.ts';
import type { EntryFolders } from './entry-folders.ts';
import { NearestEntries } from './nearest-entries.ts';
import type { EntryFilter, IndexedEntry, Nearest } from './nearest-entries.ts';

/** Steps kept in memory; with more, all are forgotten and read again when asked for. */
const maxSteps = 256;

/** Key → when the entry was cached. */
type Stamps = Map<Digest, string>;

/**
 * Finds the nearest entry of a step. What all runs have of a step, and what this run has, is read when the step is first
 * asked about, then followed in memory.
 */
export class EntryIndex {
  readonly #folders: EntryFolders;
  readonly #steps = new Map<string, NearestEntries>();
  /** Step → its entries in the run's folder, which does not tell steps apart and is therefore read once for all. */
  #own: Map<string, Stamps> | undefined;

  constructor(folders: EntryFolders) {
    this.#folders = folders;
  }

  nearestTo(preimage: Preimage, filter: EntryFilter): Nearest {
    const { step } = preimage;
    let entries = this.#steps.get(step);
    if (!entries) {
      if (this.#steps.size >= maxSteps) this.#steps.clear();
      this.#steps.set(step, (entries = new NearestEntries(this.#read(step))));
    }
    return entries.nearestTo(preimage, filter);
  }

  /** Notes a new entry of the run. Steps that nobody asked about are left on disc. */
  add({ key, preimage }: Question, cachedAt: string): void {
    const entry = { key, preimage, cached_at: cachedAt };
    this.#steps.get(preimage.step)?.add(entry);
    if (this.#own) noteStamp(this.#own, entry);
  }

  *#read(step: string): Generator<IndexedEntry> {
    const shared: Stamps = new Map();
    for (const entry of this.#folders.sharedOf(step)) {
      shared.set(entry.key, entry.cached_at);
      yield entry;
    }
    for (const [key, cachedAt] of this.#ownStamps(step)) {
      const entry = shared.get(key) === cachedAt ? undefined : this.#folders.find(key);
      if (entry) yield entry;
    }
  }

  #ownStamps(step: string): Stamps {
    if (!this.#own) {
      this.#own = new Map();
      for (const entry of this.#folders.all('run')) noteStamp(this.#own, entry);
    }
    return this.#own.get(step) ?? new Map<Digest, string>();
  }
}

function noteStamp(own: Map<string, Stamps>, { key, preimage, cached_at: cachedAt }: IndexedEntry): void {
  const { step } = preimage;
  const stamps = own.get(step);
  if (stamps) stamps.set(key, cachedAt);
  else own.set(step, new Map([[key, cachedAt]]));
}
