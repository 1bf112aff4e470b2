import { watch } from 'node:fs';
import type { FSWatcher } from 'node:fs';

/** How long to wait for a sign before looking anyway, in milliseconds: signs get lost, and some discs give none. */
const pollMs = { watched: 250, unwatched: 50 };

/** Says when a file may have changed. It need not exist yet. */
export class FileChanges {
  readonly #path: string;
  readonly #signal: AbortSignal | undefined;
  #watcher: FSWatcher | undefined;
  #changed = false;
  #wake: (() => void) | undefined;

  constructor(path: string, signal?: AbortSignal) {
    this.#path = path;
    this.#signal = signal;
    this.#watch();
  }

  /** Resolves at a sign of change since the last call, after the longest wait, or when the signal aborts. */
  async next(): Promise<void> {
    if (!this.#watcher) this.#watch();
    if (!this.#changed && !this.#signal?.aborted) await this.#sign(this.#watcher ? pollMs.watched : pollMs.unwatched);
    this.#changed = false;
  }

  close(): void {
    this.#watcher?.close();
    this.#watcher = undefined;
  }

  #sign(longest: number): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#signal?.removeEventListener('abort', done);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(done, longest);
      this.#signal?.addEventListener('abort', done, { once: true });
      this.#wake = done;
    });
  }

  #watch(): void {
    try {
      this.#watcher = watch(this.#path, () => {
        this.#changed = true;
        this.#wake?.();
      });
      this.#watcher.on('error', () => this.close());
    } catch {
      // No such file yet, or no more watches to be had: polling alone finds every change.
    }
  }
}
