import { OrchError } from '@orch/contracts';
import type { Clock } from '@orch/contracts';
import type { GroupCommit } from './group-commit.ts';
import type { AnyEvent, AppendOptions, LogEvent, LogPlace } from './log-event.ts';
import type { LogFile } from './log-file.ts';
import { toLine } from './log-line.ts';
import type { LogRepair, LogWriter } from './log-writer.ts';

export type WriterSetup = {
  readonly jobId: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly check: ((type: string, data: unknown) => void) | undefined;
  /** Where the log ends, and its last event. */
  readonly end: LogPlace;
  readonly lastEvent: AnyEvent | undefined;
  readonly behind: LogPlace | undefined;
  readonly file: LogFile;
  readonly commit: GroupCommit;
};

/** Numbers, stamps and chains events; the commit brings them to the disc. */
export class Writer<E> implements LogWriter<E> {
  readonly #setup: WriterSetup;
  #last: LogPlace;
  #now: number;
  #ts: string;
  #closing: Promise<void> | undefined;
  readonly behind?: LogPlace;
  repaired?: LogRepair;

  constructor(setup: WriterSetup) {
    this.#setup = setup;
    this.#last = setup.end;
    this.#ts = setup.lastEvent?.ts ?? new Date(0).toISOString();
    this.#now = Date.parse(this.#ts);
    if (setup.behind) this.behind = setup.behind;
  }

  get last(): LogPlace {
    return this.#last;
  }

  get synced(): LogPlace {
    return this.#setup.commit.synced;
  }

  async append<T extends keyof E & string>(type: T, data: E[T], options?: AppendOptions): Promise<LogEvent<E, T>> {
    const event = this.push(type, data, options);
    await this.flush();
    return event;
  }

  push<T extends keyof E & string>(type: T, data: E[T], options?: AppendOptions): LogEvent<E, T> {
    this.#setup.check?.(type, data);
    return this.#record(type, data, options) as LogEvent<E, T>;
  }

  /** Tells in the log what was cut off its end. No caller's check needs to know this event. */
  async recordRepair(repaired: LogRepair): Promise<AnyEvent> {
    this.repaired = repaired;
    const event = this.#record('log.recovered', { bytes: repaired.bytes, seq: repaired.seq });
    await this.flush();
    return event;
  }

  flush(): Promise<void> {
    return this.#setup.commit.landed();
  }

  async sync(): Promise<void> {
    await this.flush();
    await this.#setup.commit.settle();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #record(type: string, data: unknown, options: AppendOptions = {}): AnyEvent {
    const { commit, jobId } = this.#setup;
    if (commit.failure) throw commit.failure;
    if (this.#closing) throw new OrchError('usage', `Expected an open log to append ${type} to, this one was closed.`);
    const line = toLine(type, data, options, { jobId, ts: this.#stamp(), after: this.#last });
    this.#last = line.end;
    commit.add(line);
    return line.event;
  }

  /** A clock that was set back does not take the log with it. */
  #stamp(): string {
    const now = this.#setup.clock.now();
    if (now > this.#now) {
      this.#now = now;
      this.#ts = new Date(now).toISOString();
    }
    return this.#ts;
  }

  async #close(): Promise<void> {
    try {
      await this.flush();
    } finally {
      this.#setup.file.close();
    }
  }
}
