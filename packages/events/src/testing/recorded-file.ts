import type { LogFile, LogPlace } from '../index.ts';

/** What was done to a file, and what its writer's callers were told in between, in order. */
export type Step =
  | { readonly did: 'write'; readonly bytes: Uint8Array }
  | { readonly did: 'truncate'; readonly size: number }
  /** A sync returned that began when the trace had this many steps. */
  | { readonly did: 'sync'; readonly began: number }
  /** Somebody who waited for the first `size` bytes was answered; `synced` is what a manifest would hold by then. */
  | { readonly did: 'answer'; readonly size: number; readonly synced: LogPlace };

/** Ways to break a sync: it does nothing, or it returns at once and comes later. */
export type SyncFault = 'dropped' | 'late';

export type RecordOptions = {
  /** What is on the disc when the file is opened. */
  readonly initial: Buffer;
  /** How many turns of the loop a sync takes, one after the other, again and again. */
  readonly syncTurns: readonly number[];
  readonly fault?: SyncFault | undefined;
};

/** A file in memory that writes down what is done to it. */
export class RecordedFile implements LogFile {
  readonly trace: Step[] = [];
  readonly #options: RecordOptions;
  #size: number;
  #syncs = 0;

  constructor(options: RecordOptions) {
    this.#options = options;
    this.#size = options.initial.length;
  }

  size(): number {
    return this.#size;
  }

  write(bytes: Uint8Array): number {
    this.trace.push({ did: 'write', bytes });
    this.#size += bytes.length;
    return bytes.length;
  }

  truncate(size: number): void {
    this.trace.push({ did: 'truncate', size });
    this.#size = size;
  }

  async sync(): Promise<void> {
    const began = this.trace.length;
    const { syncTurns } = this.#options;
    const reach = turns(syncTurns[this.#syncs++ % syncTurns.length] ?? 0).then(() => this.#reachDisc(began));
    if (this.#options.fault === undefined) await reach;
  }

  syncNow(): void {
    if (this.#options.fault === undefined) this.#reachDisc(this.trace.length);
    else void this.sync();
  }

  close(): void {
    // Nothing is held.
  }

  #reachDisc(began: number): void {
    if (this.#options.fault !== 'dropped') this.trace.push({ did: 'sync', began });
  }
}

/** Lets the event loop turn so many times. */
export async function turns(count: number): Promise<void> {
  for (let n = 0; n < count; n++) await new Promise(setImmediate);
}

/** A file after steps of a trace, as its reader sees it while the power is on. */
export function contentAfter(initial: Buffer, steps: readonly Step[]): Buffer {
  let content = initial;
  for (const step of steps) {
    if (step.did === 'write') content = Buffer.concat([content, step.bytes]);
    else if (step.did === 'truncate') content = content.subarray(0, step.size);
  }
  return content;
}

/** How many of these steps are on the disc for certain. */
function syncedSteps(steps: readonly Step[]): number {
  return steps.reduce((most, step) => (step.did === 'sync' ? Math.max(most, step.began) : most), 0);
}

/**
 * What a disc may hold when the power is cut after these steps: all that was synced, and of the rest any pages in any
 * order, of a file of any size that it had since; what did not arrive reads as zeros. `roll(n)` decides: 0 … n - 1.
 */
export function discAfter(initial: Buffer, steps: readonly Step[], roll: (sides: number) => number): Buffer {
  const safe = syncedSteps(steps);
  const base = contentAfter(initial, steps.slice(0, safe));
  const latest = contentAfter(base, steps.slice(safe, safe + roll(steps.length - safe + 1)));
  const page = roll(2) === 0 ? 512 : 4096;
  const kept = Math.min(base.length, latest.length);
  const size = kept + roll(Math.max(base.length, latest.length) - kept + 1);
  const disc = Buffer.alloc(size);
  for (let at = 0; at < size; at += page) {
    const source = roll(2) === 0 ? base : latest;
    source.subarray(at, at + page).copy(disc, at);
  }
  return disc;
}
