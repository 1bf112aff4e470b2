import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { OrchError, err } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { Chain } from './chain.ts';
import { LineBuffer } from './line-buffer.ts';
import { maxLineBytes } from './log-event.ts';
import type { BareEvent, LogPlace } from './log-event.ts';
import type { ParseLine } from './parse-event.ts';

/** What follows the last good line of a log. */
export type LogTail = {
  /** Number of the first line that does not fit, from 1, and the byte where it starts. */
  readonly line: number;
  readonly offset: number;
  /** From there to the end of the file. */
  readonly bytes: number;
  readonly reason: string;
  /** False when it is only the last line that lacks its end, as in the midst of a write. */
  readonly whole: boolean;
};

/** Reads a log forward, line by line, in flat memory. Throws `not_found` when there is no such file, `io`. */
export class LogCursor<E extends BareEvent> {
  readonly #fd: number;
  readonly #lines = new LineBuffer();
  readonly #chain: Chain<E>;
  #misfit: string | undefined;

  constructor(path: string, parse: ParseLine<E>, watermark?: LogPlace) {
    this.#fd = open(path);
    const size = fstatSync(this.#fd).size;
    this.#chain = new Chain(parse, watermark !== undefined && watermark.bytes <= size ? watermark : undefined);
  }

  /** Where the last good line ends. */
  get place(): LogPlace {
    return this.#chain.place;
  }

  /** Bytes read so far, those of an incomplete last line too. */
  get consumed(): number {
    return this.place.bytes + this.#lines.rest;
  }

  /** Reads a chunk; false at the end of the file. */
  fill(): boolean {
    const at = this.consumed;
    try {
      return this.#lines.fill((into) => readSync(this.#fd, into, 0, into.length, at)) > 0;
    } catch (error) {
      throw OrchError.from(error, 'io');
    }
  }

  /** The next event of what was read so far; undefined when that holds no further good line. */
  next(): E | undefined {
    if (this.#misfit !== undefined) return undefined;
    const read = this.#read();
    if (read === undefined) return undefined;
    if (read.ok) return read.value;
    this.#misfit = read.error;
    return undefined;
  }

  /** A line that does not fit was met: there is nothing more to come. */
  get stuck(): boolean {
    return this.#misfit !== undefined;
  }

  /** What stands after the last good line, once everything was read. */
  get tail(): LogTail | undefined {
    const { seq, bytes: offset } = this.place;
    const bytes = fstatSync(this.#fd).size - offset;
    if (bytes <= 0) return undefined;
    const reason = this.#misfit ?? 'expected the line to end with a newline';
    return { line: seq + 1, offset, bytes, reason, whole: this.stuck };
  }

  close(): void {
    closeSync(this.#fd);
  }

  #read(): Result<E, string> | undefined {
    const line = this.#lines.next();
    if (line !== undefined) return this.#chain.read(line);
    return this.#lines.rest < maxLineBytes ? undefined : err(`expected at most ${maxLineBytes} bytes to a line`);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw OrchError.from(cause, 'io');
    throw new OrchError('not_found', `Expected an event log at ${path}, found no such file.`, { cause });
  }
}
