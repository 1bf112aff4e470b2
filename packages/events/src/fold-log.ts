import { LogCursor } from './log-cursor.ts';
import type { LogTail } from './log-cursor.ts';
import type { BareEvent, LogPlace } from './log-event.ts';
import { parseEvent } from './parse-event.ts';
import type { ParseLine } from './parse-event.ts';
import { corruptLog, isDamage } from './recover-log.ts';
import { reduceRun } from './reduce-run.ts';
import { EventScanner } from './scan-event.ts';
import { StoredSuccess } from './stored-success.ts';
import { emptyRun } from './run-view.ts';
import type { KnownRun, RunView } from './run-view.ts';

export type FoldLogOptions = {
  /** What is known of the run without its log. */
  readonly known?: KnownRun | undefined;
  /** `log` of manifest.json: up to there numbering alone is checked, and damage throws `corrupt_log`. */
  readonly watermark?: LogPlace | undefined;
};

/** A run as its log tells it; `last` is where the good lines end, `tail` what stands after them. */
export type FoldedLog = { readonly state: RunView; readonly last: LogPlace; readonly tail?: LogTail };

/**
 * Reads and folds a whole log at once, blocking. Throws `not_found` when there is no such file. Long outputs stay on the
 * disc: `success.data` of their steps is read from the log when it is asked for, and throws `corrupt_log` when it is no
 * longer there.
 */
export function foldLog(path: string, { known, watermark }: FoldLogOptions = {}): FoldedLog {
  const cursor = new LogCursor(path, parseFor(path), watermark);
  try {
    const state = emptyRun(known);
    while (!cursor.stuck && cursor.fill()) {
      for (let event = cursor.next(); event; event = cursor.next()) reduceRun(state, event);
    }
    const { place: last, tail } = cursor;
    if (tail && watermark && isDamage(tail, watermark)) throw corruptLog(path, tail);
    return { state, last, ...(tail && { tail }) };
  } finally {
    cursor.close();
  }
}

const succeeded = 'step.succeeded';

/** Longer lines of steps that succeeded stay on the disc but for what the fold reads of them; in bytes. */
const longLine = 1024;

function parseFor(path: string): ParseLine<BareEvent> {
  const scanner = new EventScanner();
  return (line, offset, trusted) => {
    const isLong = line.length > longLine;
    const scanned = trusted ? scanner.scan(line) : undefined;
    const event = scanned && (isLong || scanned.type !== succeeded) ? scanned : parseEvent(line);
    if (event?.type !== succeeded || !isLong) return event;
    return { ...event, success: new StoredSuccess(event.seq, { path, offset, bytes: line.length }) };
  };
}
