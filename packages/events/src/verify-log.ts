import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { LogCursor } from './log-cursor.ts';
import { logStart } from './log-event.ts';
import type { AnyEvent, LogPlace } from './log-event.ts';
import { corruptLog } from './recover-log.ts';
import { parseEvent } from './parse-event.ts';

export type VerifiedLog = { readonly count: number; readonly last: LogPlace };

/**
 * Checks every line of a log by digest, and that the line at `watermark` (`log` of manifest.json) is among them. The
 * error is `corrupt_log` and names file and line of the first misfit; `not_found` when there is no such file.
 */
export async function verifyLog(path: string, watermark: LogPlace = logStart): Promise<Result<VerifiedLog>> {
  try {
    const cursor = new LogCursor(path, parseEvent);
    try {
      return await verify(path, cursor, watermark);
    } finally {
      cursor.close();
    }
  } catch (error) {
    return err(OrchError.from(error, 'io'));
  }
}

async function verify(path: string, cursor: LogCursor<AnyEvent>, watermark: LogPlace): Promise<Result<VerifiedLog>> {
  let met = watermark.seq === 0;
  while (!cursor.stuck && cursor.fill()) {
    while (cursor.next()) met ||= samePlace(cursor.place, watermark);
    await nextTurn();
  }
  const { place: last, tail } = cursor;
  if (tail) return err(corruptLog(path, tail));
  if (!met) return err(withoutWatermark(path, last, watermark));
  return ok({ count: last.seq, last });
}

function samePlace(a: LogPlace, b: LogPlace): boolean {
  return a.seq === b.seq && a.bytes === b.bytes && a.sha256 === b.sha256;
}

function withoutWatermark(path: string, last: LogPlace, { seq, bytes, sha256 }: LogPlace): OrchError {
  const message = `${path}: expected line ${seq} to end at byte ${bytes} with sha-256 ${sha256}, as was synced`;
  return new OrchError('corrupt_log', `${message}; the log ends at line ${last.seq}, byte ${last.bytes}.`, {
    details: { path, line: Math.min(seq, last.seq) },
  });
}
