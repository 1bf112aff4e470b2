import { hash } from 'node:crypto';
import { err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { logStart, maxLineBytes } from './log-event.ts';
import type { AnyEvent, LogPlace } from './log-event.ts';

/**
 * Follows the lines of one log and says of each whether it continues the one before. Up to `watermark`, a place that
 * is known to be whole, only numbering is checked; the line that ends there, and each after it, by digest.
 */
export class Chain {
  readonly #watermark: LogPlace;
  #place = logStart;
  #before: AnyEvent | undefined;

  constructor(watermark: LogPlace = logStart) {
    this.#watermark = watermark;
  }

  /** Where the last line that fitted ends. Its digest is known from the watermark on. */
  get place(): LogPlace {
    return this.#place;
  }

  /** The event of the next line, or why it is none. After that the chain stays where it was. */
  read(line: Buffer): Result<AnyEvent, string> {
    const end = this.#place.bytes + line.length + 1;
    if (line.length >= maxLineBytes) return err(`expected at most ${maxLineBytes} bytes, got ${line.length + 1}`);
    const event = parse(line);
    if (event === undefined) return err('expected a JSON object with seq, ts, job_id, type and prev');
    const trusted = end < this.#watermark.bytes;
    const objection = this.#objection(event, trusted);
    if (objection !== undefined) return err(objection);
    return this.#accept(event, { seq: event.seq, bytes: end, sha256: trusted ? '' : hash('sha256', line) });
  }

  #objection(event: AnyEvent, trusted: boolean): string | undefined {
    const { seq, sha256 } = this.#place;
    const { ts, job_id: jobId } = this.#before ?? event;
    if (event.seq !== seq + 1) return `expected seq ${seq + 1}, got ${event.seq}`;
    if (event.job_id !== jobId) return `expected job_id ${jobId}, got ${event.job_id}`;
    if (event.ts < ts) return `expected a ts from ${ts} on, got ${event.ts}`;
    if (!trusted && sha256 !== '' && event.prev !== sha256) return `expected prev ${sha256}, got ${event.prev}`;
    return undefined;
  }

  #accept(event: AnyEvent, place: LogPlace): Result<AnyEvent, string> {
    const { seq, bytes, sha256 } = this.#watermark;
    const crosses = this.#place.bytes < bytes && place.bytes >= bytes;
    if (crosses && (place.bytes !== bytes || place.seq !== seq || place.sha256 !== sha256)) {
      return err(`expected seq ${seq} to end at byte ${bytes} with sha-256 ${sha256}, as was synced`);
    }
    this.#place = place;
    this.#before = event;
    return ok(event);
  }
}

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

function parse(line: Buffer): AnyEvent | undefined {
  try {
    const event = JSON.parse(line.toString()) as AnyEvent | null;
    return event !== null && isEvent(event) ? event : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isEvent({ seq, ts, job_id: jobId, type, prev }: AnyEvent): boolean {
  const strings = typeof jobId === 'string' && typeof type === 'string' && typeof prev === 'string';
  return strings && typeof seq === 'number' && typeof ts === 'string' && timestamp.test(ts);
}
