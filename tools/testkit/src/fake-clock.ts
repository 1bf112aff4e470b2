import type { Clock } from '@orch/contracts';

interface Sleeper {
  readonly due: number;
  readonly wake: () => void;
}

/** A clock that stands still until told to move. */
export class FakeClock implements Clock {
  readonly #start: number;
  #elapsed = 0;
  #sleepers: Sleeper[] = [];

  /** `start`: what `now()` says at first, in milliseconds since the epoch; 2026-01-01T00:00:00Z unless given. */
  constructor(start = Date.UTC(2026, 0, 1)) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  /** How many sleeps are under way. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason as Error);
      const onAbort = () => {
        this.#sleepers = this.#sleepers.filter((other) => other !== sleeper);
        reject(signal?.reason as Error);
      };
      const wake = () => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { due: this.#elapsed + Math.max(0, ms), wake };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#sleepers.push(sleeper);
    });
  }

  /** Moves time by `ms`, waking each sleeper at its own moment, also those that fall asleep on the way. */
  async advance(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    await reactions();
    for (let next = this.#nextDue(until); next; next = this.#nextDue(until)) {
      const { due, wake } = next;
      this.#sleepers = this.#sleepers.filter((sleeper) => sleeper !== next);
      this.#elapsed = due;
      wake();
      await reactions();
    }
    this.#elapsed = until;
  }

  #nextDue(until: number): Sleeper | undefined {
    const due = this.#sleepers.filter((sleeper) => sleeper.due <= until);
    return due.toSorted((a, b) => a.due - b.due)[0];
  }
}

/** Lets everything that already can run do so. */
function reactions(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
