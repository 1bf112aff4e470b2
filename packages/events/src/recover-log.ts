import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { OrchError } from '@orch/contracts';
import { writeAtomic } from '@orch/filestore';
import type { Durability } from '@orch/filestore';
import { LogCursor } from './log-cursor.ts';
import type { LogTail } from './log-cursor.ts';
import type { AnyEvent, LogPlace } from './log-event.ts';
import { parseEvent } from './parse-event.ts';

/** A log as it was found on disc. */
export type FoundLog = { readonly end: LogPlace; readonly last?: AnyEvent; readonly tail?: LogTail };

export type ExamineOptions = {
  readonly watermark: LogPlace;
  readonly onFound?: ((event: AnyEvent) => void) | undefined;
};

/** Reads a whole log. Damage before the watermark throws `corrupt_log` with file and line. */
export function examineLog(path: string, { watermark, onFound }: ExamineOptions): FoundLog {
  const cursor = new LogCursor(path, parseEvent, watermark);
  try {
    let last: AnyEvent | undefined;
    while (!cursor.stuck && cursor.fill()) {
      for (let event = cursor.next(); event; event = cursor.next()) {
        last = event;
        onFound?.(event);
      }
    }
    const { place: end, tail } = cursor;
    if (tail && isDamage(tail, watermark)) throw corruptLog(path, tail);
    return { end, ...(last && { last }), ...(tail && { tail }) };
  } finally {
    cursor.close();
  }
}

/** Damage that touches lines known to have been synced; anything else is an unacknowledged tail. */
export function isDamage(tail: LogTail, watermark: LogPlace): boolean {
  if (tail.offset >= watermark.bytes) return false;
  return tail.whole || tail.offset + tail.bytes >= watermark.bytes;
}

export function corruptLog(path: string, { line, offset, reason }: LogTail): OrchError {
  return new OrchError('corrupt_log', `${path}:${line}: ${reason}.`, {
    hint: 'Restore the file from a copy; the lines before are whole.',
    details: { path, line, offset },
  });
}

/** Copies a tail beside its log, to the first free `events.torn-<n>`; returns that path. */
export function keepTail(path: string, { offset, bytes }: LogTail, durability: Durability): string {
  const content = Buffer.alloc(bytes);
  const fd = openSync(path, 'r');
  try {
    const count = readSync(fd, content, 0, bytes, offset);
    const kept = freeName(dirname(path));
    writeAtomic(kept, content.subarray(0, count), { durability });
    return kept;
  } finally {
    closeSync(fd);
  }
}

function freeName(folder: string): string {
  for (let n = 1; ; n++) {
    const name = join(folder, `events.torn-${n}`);
    if (!existsSync(name)) return name;
  }
}
