import { hash } from 'node:crypto';
import { err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { logStart, maxLineBytes } from './log-event.ts';
import type { BareEvent, LogPlace } from './log-event.ts';
import type { ParseLine } from './parse-event.ts';

/**
 * Follows the lines of one log and says of each whether it continues the one before. Up to `watermark`, a place that
 * is known to be whole, only numbering is checked; the line that ends there, and each after it, by digest.
 */
export class Chain<E extends BareEvent> {
  readonly #parse: ParseLine<E>;
  readonly #watermark: LogPlace;
  #place = logStart;
  #before: E | undefined;

  constructor(parse: ParseLine<E>, watermark: LogPlace = logStart) {
    this.#parse = parse;
    this.#watermark = watermark;
  }

  /** Where the last line that fitted ends. Its digest is known from the watermark on. */
  get place(): LogPlace {
    return this.#place;
  }

  /** The event of the next line, or why it is none. After that the chain stays where it was. */
  read(line: Buffer): Result<E, string> {
    const end = this.#place.bytes + line.length + 1;
    if (line.length >= maxLineBytes) return err(`expected at most ${maxLineBytes} bytes, got ${line.length + 1}`);
    const trusted = end < this.#watermark.bytes;
    const event = this.#parse(line, this.#place.bytes, trusted);
    if (event === undefined) return err('expected a JSON object with seq, ts, job_id, type and prev');
    const objection = this.#objection(event, trusted);
    if (objection !== undefined) return err(objection);
    return this.#accept(event, { seq: event.seq, bytes: end, sha256: trusted ? '' : hash('sha256', line) });
  }

  #objection(event: E, trusted: boolean): string | undefined {
    const { seq, sha256 } = this.#place;
    const { ts, job_id: jobId } = this.#before ?? event;
    if (event.seq !== seq + 1) return `expected seq ${seq + 1}, got ${event.seq}`;
    if (event.job_id !== jobId) return `expected job_id ${jobId}, got ${event.job_id}`;
    if (event.ts < ts) return `expected a ts from ${ts} on, got ${event.ts}`;
    if (!trusted && sha256 !== '' && event.prev !== sha256) return `expected prev ${sha256}, got ${event.prev}`;
    return undefined;
  }

  #accept(event: E, place: LogPlace): Result<E, string> {
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
