import { LogCursor } from './log-cursor.ts';
import type { LogTail } from './log-cursor.ts';
import type { LogPlace } from './log-event.ts';
import { corruptLog, isDamage } from './recover-log.ts';
import { reduceRun } from './reduce-run.ts';
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

/** Reads and folds a whole log at once, blocking. Throws `not_found` when there is no such file. */
export function foldLog(path: string, { known, watermark }: FoldLogOptions = {}): FoldedLog {
  const cursor = new LogCursor(path, watermark);
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
