import { statSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { LogCursor } from './log-cursor.ts';
import type { AnyEvent, LogPlace } from './log-event.ts';
import { parseEvent } from './parse-event.ts';

/** How many of the last lines told are remembered, to find where a log that was cut back parts from them. */
const remembered = 4096;

/** A log that grows, and sometimes shrinks, while it is read. Tells each line once. */
export class FollowedLog {
  readonly #path: string;
  #cursor: LogCursor<AnyEvent> | undefined;
  #opened: Stats | undefined;
  #told = 0;
  readonly #digests: string[] = [];
  #last: AnyEvent | undefined;

  constructor(path: string) {
    this.#path = path;
  }

  /** The last whole line read. */
  get last(): AnyEvent | undefined {
    return this.#last;
  }

  /** Reads on; false when there is nothing new for now. */
  more(): boolean {
    const now = statSync(this.#path, { throwIfNoEntry: false });
    if (!now || this.#isStale(now)) this.close();
    if (!now) return false;
    if (!this.#cursor) {
      this.#cursor = new LogCursor(this.#path, parseEvent);
      this.#opened = now;
    }
    return !this.#cursor.stuck && this.#cursor.fill();
  }

  /** The next event that was not told yet, of what was read. */
  next(): AnyEvent | undefined {
    for (let event = this.#cursor?.next(); this.#cursor && event; event = this.#cursor.next()) {
      this.#last = event;
      if (this.#isNews(this.#cursor.place)) return event;
    }
    return undefined;
  }

  close(): void {
    this.#cursor?.close();
    this.#cursor = this.#last = undefined;
  }

  /** Another file, a shorter one, or one that was written to since a line in it did not fit. */
  #isStale(now: Stats): boolean {
    if (!this.#cursor || !this.#opened) return false;
    if (now.ino !== this.#opened.ino || now.size < this.#cursor.consumed) return true;
    return this.#cursor.stuck && (now.size !== this.#opened.size || now.mtimeMs !== this.#opened.mtimeMs);
  }

  #isNews({ seq, sha256 }: LogPlace): boolean {
    const slot = seq % remembered;
    if (seq <= this.#told && (seq <= this.#told - remembered || this.#digests[slot] === sha256)) return false;
    this.#told = seq;
    this.#digests[slot] = sha256;
    return true;
  }
}
