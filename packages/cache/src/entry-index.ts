import type { CacheEntry, Preimage } from '@orch/contracts';
import type { EntryFolders } from './entry-folders.ts';
import { NearestEntries } from './nearest-entries.ts';
import type { Nearest } from './nearest-entries.ts';

/** Steps kept in memory; with more, all are forgotten and read again when asked for. */
const maxSteps = 256;

/** Finds the nearest entry of a step. A step's folder is read when it is first asked about, then followed in memory. */
export class EntryIndex {
  readonly #folders: EntryFolders;
  readonly #shared: boolean;
  readonly #steps = new Map<string, NearestEntries>();
  #readAll = false;

  constructor(folders: EntryFolders, shared: boolean) {
    this.#folders = folders;
    this.#shared = shared;
  }

  nearestTo(preimage: Preimage): Nearest {
    return this.#step(preimage.step).nearestTo(preimage);
  }

  /** Notes a new entry. Steps that nobody asked about are left on disc. */
  add(entry: CacheEntry): void {
    this.#steps.get(entry.preimage.step)?.add(entry);
  }

  #step(step: string): NearestEntries {
    const known = this.#steps.get(step);
    if (known) return known;
    if (this.#shared) return this.#readStep(step);
    this.#readRun();
    return this.#slot(step);
  }

  #readStep(step: string): NearestEntries {
    if (this.#steps.size >= maxSteps) this.#steps.clear();
    const slot = this.#slot(step);
    for (const entry of this.#folders.ofStep(step)) slot.add(entry);
    return slot;
  }

  /** A run's folder does not tell its steps apart: it is read once, for all of them. */
  #readRun(): void {
    if (this.#readAll) return;
    this.#readAll = true;
    for (const entry of this.#folders.all('run')) this.#slot(entry.preimage.step).add(entry);
  }

  #slot(step: string): NearestEntries {
    let slot = this.#steps.get(step);
    if (!slot) this.#steps.set(step, (slot = new NearestEntries()));
    return slot;
  }
}
