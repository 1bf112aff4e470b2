import { OrchError } from '@orch/contracts';
import type { Clock } from '@orch/contracts';
import type { Durability } from '@orch/filestore';
import type { AnyEvent, LogPlace } from './log-event.ts';
import type { LogFile } from './log-file.ts';
import type { LogLine } from './log-line.ts';

export type CommitOptions = {
  readonly path: string;
  readonly durability: Durability;
  readonly clock: Pick<Clock, 'monotonic'>;
  /** Where the file ends now, and how much of it is known to be on the disc. */
  readonly end: LogPlace;
  readonly synced: LogPlace;
};

export type CommitObserver = {
  /**
   * Told of the events that were acknowledged together, in order and before those who wait for them. Must not throw.
   * To watch costs nothing, while a `flush()` counts as one that waits.
   */
  readonly onLanded?: ((events: readonly AnyEvent[]) => void) | undefined;
  /** Told once, when the log can no longer be written. */
  readonly onFailure?: ((error: OrchError) => void) | undefined;
};

/** Lines that will share one write and one sync. */
type Group = {
  text: string;
  end: LogPlace;
  readonly events: AnyEvent[];
  waiters: number;
  readonly landed: PromiseWithResolvers<void>;
};

/** Above this a sync is not worth blocking the thread for, in milliseconds. */
const quickSync = 2;

/**
 * Writes lines in groups: what arrives while one group is being synced makes the next. A failed group ends it all,
 * the file cut back to what was acknowledged.
 */
export class GroupCommit {
  readonly #file: LogFile;
  readonly #options: CommitOptions;
  #acknowledged: LogPlace;
  /** For `relaxed`, where it is not what was acknowledged. */
  #synced: LogPlace;
  #waiting: Group | undefined;
  #writing: Group | undefined;
  #syncTook = 0;
  #failure: OrchError | undefined;
  #observer: CommitObserver = {};

  constructor(file: LogFile, options: CommitOptions) {
    this.#file = file;
    this.#options = options;
    this.#acknowledged = options.end;
    this.#synced = options.synced;
  }

  get failure(): OrchError | undefined {
    return this.#failure;
  }

  get synced(): LogPlace {
    return this.#options.durability === 'strict' ? this.#acknowledged : this.#synced;
  }

  /** From now on. */
  watch(observer: CommitObserver): void {
    this.#observer = observer;
  }

  /** Brings to the disc what `relaxed` only wrote. */
  async settle(): Promise<void> {
    const end = this.#acknowledged;
    if (this.synced.seq === end.seq) return;
    try {
      await this.#file.sync();
    } catch (error) {
      throw OrchError.from(error, 'io');
    }
    this.#synced = end;
  }

  add({ text, end, event }: LogLine): void {
    if (this.#waiting) {
      this.#waiting.text += text;
      this.#waiting.end = end;
      this.#waiting.events.push(event);
      return;
    }
    this.#waiting = { text, end, events: [event], waiters: 0, landed: Promise.withResolvers() };
    // Who awaits learns of a failure there; who does not, by the next call.
    this.#waiting.landed.promise.catch(() => undefined);
    if (!this.#writing) this.#schedule();
  }

  /** Resolves when all that was added is durable. */
  landed(): Promise<void> {
    if (this.#failure) return Promise.reject(this.#failure);
    const group = this.#waiting ?? this.#writing;
    if (!group) return Promise.resolve();
    group.waiters += 1;
    return group.landed.promise;
  }

  /** A turn later, so that all who were just answered can join. */
  #schedule(): void {
    setImmediate(() => void this.#commit());
  }

  async #commit(): Promise<void> {
    const group = this.#waiting;
    if (!group) return;
    this.#waiting = undefined;
    this.#writing = group;
    try {
      this.#write(Buffer.from(group.text));
      if (this.#options.durability === 'strict') await this.#sync(group.waiters);
    } catch (error) {
      this.#stop(error, group);
      return;
    }
    this.#acknowledged = group.end;
    this.#observer.onLanded?.(group.events);
    this.#writing = undefined;
    group.landed.resolve();
    if (this.#waiting) this.#schedule();
  }

  #write(bytes: Uint8Array): void {
    const found = this.#file.size();
    const { path } = this.#options;
    const expected = this.#acknowledged.bytes;
    if (found !== expected) {
      throw new OrchError(
        'locked',
        `Expected ${path} to end at byte ${expected}, found ${found}: another process wrote.`,
        {
          hint: 'Let only one process write to a run at a time; what it wrote is still there.',
          details: { path, expected, found },
        },
      );
    }
    const written = this.#file.write(bytes);
    if (written === bytes.length) return;
    throw new OrchError('io', `Expected to write ${bytes.length} bytes to ${path}, the disc took ${written}.`);
  }

  async #sync(waiters: number): Promise<void> {
    const { clock } = this.#options;
    const started = clock.monotonic();
    if (waiters === 1 && this.#syncTook < quickSync) this.#file.syncNow();
    else await this.#file.sync();
    this.#syncTook = clock.monotonic() - started;
  }

  #stop(error: unknown, group: Group): void {
    this.#failure = this.#cutBack(error);
    group.landed.reject(this.#failure);
    this.#waiting?.landed.reject(this.#failure);
    this.#waiting = this.#writing = undefined;
    this.#observer.onFailure?.(this.#failure);
  }

  #cutBack(error: unknown): OrchError {
    if (OrchError.is(error) && error.code === 'locked') return error;
    const { path } = this.#options;
    const { seq, bytes } = this.#acknowledged;
    const why = error instanceof Error ? error.message : String(error);
    const message = `Could not write to ${path} after seq ${seq}: ${why}`;
    const options = { hint: 'Free the disc or mend it, then resume.', details: { path, seq, bytes } };
    try {
      this.#file.truncate(bytes);
      return new OrchError('io', message, { ...options, cause: error });
    } catch (second) {
      const cause = new AggregateError([error, second]);
      return new OrchError('io', `${message}; it could not be cut back to byte ${bytes} either.`, {
        ...options,
        cause,
      });
    }
  }
}
