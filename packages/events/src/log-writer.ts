import type { AppendOptions, LogEvent, LogPlace } from './log-event.ts';

/** What `openLog` cut off a log that ended badly: moved to `file`, after line `seq`. */
export type LogRepair = { readonly bytes: number; readonly seq: number; readonly file: string };

/** The one writer of a log. After a failure every call is refused with it: what was acknowledged is still there. */
export interface LogWriter<E> {
  /**
   * Writes an event; resolves with it when it is durable (`relaxed`: written). Events of one moment share a write and
   * a sync. Rejects with `io` after a short or failed write or sync, with `locked` when another process wrote too.
   */
  append<T extends keyof E & string>(type: T, data: E[T], options?: AppendOptions): Promise<LogEvent<E, T>>;
  /** Numbers an event and returns it at once; it will be written without being waited for. Throws like `append` rejects. */
  push<T extends keyof E & string>(type: T, data: E[T], options?: AppendOptions): LogEvent<E, T>;
  /** Resolves when everything pushed so far is durable. */
  flush(): Promise<void>;
  /** The same, and on the disc in `relaxed` too: what a run leaves when it ends is worth one sync. */
  sync(): Promise<void>;
  /** The end of the last event pushed. */
  readonly last: LogPlace;
  /** The last place known to be on the disc: `log` of manifest.json. In `relaxed` it moves with `sync` alone. */
  readonly synced: LogPlace;
  readonly repaired?: LogRepair;
  /** Set when the log ended before the watermark it was opened with: lines that were on the disc are gone. */
  readonly behind?: LogPlace;
  /** Flushes and closes the file; rejects when the flush does. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
