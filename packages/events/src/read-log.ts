import { setImmediate as nextTurn } from 'node:timers/promises';
import { LogCursor } from './log-cursor.ts';
import type { LogTail } from './log-cursor.ts';
import type { AnyEvent, LogEvent, LogPlace, OrchEvents } from './log-event.ts';
import { corruptLog, isDamage } from './recover-log.ts';
import { parseEvent } from './parse-event.ts';

export type ReadLogOptions<E = OrchEvents> = {
  /** The first seq wanted. */
  readonly from?: number | undefined;
  readonly types?: readonly (keyof E & string)[] | undefined;
  readonly step?: string | undefined;
  /** `log` of manifest.json: up to there numbering alone is checked, and damage throws `corrupt_log`. */
  readonly watermark?: LogPlace | undefined;
  /** Told of what stands after the last good line: a write under way, or an unacknowledged end. */
  readonly onTail?: ((tail: LogTail) => void) | undefined;
};

/**
 * The events of a log in order, in flat memory, up to the first line that is incomplete, not JSON, or does not
 * continue the one before. Throws `not_found` when there is no such file.
 */
export async function* readLog<E = OrchEvents>(
  path: string,
  options: ReadLogOptions<E> = {},
): AsyncGenerator<LogEvent<E>, void, undefined> {
  const wanted = filterOf(options);
  const cursor = new LogCursor(path, parseEvent, options.watermark);
  try {
    while (!cursor.stuck && cursor.fill()) {
      for (let event = cursor.next(); event; event = cursor.next()) {
        if (wanted(event)) yield event as LogEvent<E>;
      }
      await nextTurn();
    }
    reportTail(path, cursor.tail, options);
  } finally {
    cursor.close();
  }
}

function filterOf<E>({ from = 1, types, step }: ReadLogOptions<E>): (event: AnyEvent) => boolean {
  const set = types && new Set<string>(types);
  return (event) =>
    event.seq >= from && (set === undefined || set.has(event.type)) && (step === undefined || event.step === step);
}

function reportTail<E>(path: string, tail: LogTail | undefined, { watermark, onTail }: ReadLogOptions<E>): void {
  if (!tail) return;
  if (watermark && isDamage(tail, watermark)) throw corruptLog(path, tail);
  onTail?.(tail);
}
