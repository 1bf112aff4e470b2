import { setImmediate as nextTurn } from 'node:timers/promises';
import { endsAttempt } from './ends-attempt.ts';
import { FileChanges } from './file-changes.ts';
import { FollowedLog } from './followed-log.ts';
import type { AnyEvent, LogEvent, OrchEvents } from './log-event.ts';

export type FollowLogOptions = {
  /** The first seq wanted. */
  readonly from?: number | undefined;
  /** Ends the following, quietly. */
  readonly signal?: AbortSignal | undefined;
  /** Whether to end when this is the last event there is; unless given, when it ends an attempt (`endsAttempt`). */
  readonly until?: ((event: AnyEvent) => boolean) | undefined;
};

/**
 * The events of a log, those there are and those to come, as soon as their lines are whole; waits for the file if it
 * is missing. When the writer cuts the log back and goes on, the new lines are told, their seq stepping back once.
 * A damaged line is waited at until somebody mends the log.
 */
export async function* followLog<E = OrchEvents>(
  path: string,
  { from = 1, signal, until = ({ type }) => endsAttempt(type) }: FollowLogOptions = {},
): AsyncGenerator<LogEvent<E>, void, undefined> {
  const log = new FollowedLog(path);
  const changes = new FileChanges(path, signal);
  try {
    for (; !signal?.aborted; await changes.next()) {
      while (log.more()) {
        for (let event = log.next(); event && !signal?.aborted; event = log.next()) {
          if (event.seq >= from) yield event as LogEvent<E>;
        }
        await nextTurn();
      }
      if (log.last && until(log.last)) return;
    }
  } finally {
    changes.close();
    log.close();
  }
}
