import { LineScanner } from './line-scanner.ts';
import type { Member } from './line-scanner.ts';
import type { BareEvent } from './log-event.ts';
import { isTimestamp } from './parse-event.ts';

/** What the fold reads of the data of an event. Types that are not here are parsed whole. */
const types = Object.entries({
  'step.started': ['attempt', 'input_hash'],
  'step.succeeded': ['duration_s', 'input_hash'],
  'llm.request': ['request_id'],
  'llm.response': ['request_id', 'tokens_in', 'tokens_out'],
  'cache.hit': [],
  'cache.miss': [],
  'file.written': ['path', 'sha256', 'size_bytes', 'wrote'],
}).map(([type, names]) => ({
  type,
  text: `"${type}"`,
  wanted: names.map((name): Member => ({ name, key: `"${name}":` })),
}));

const timestampLength = '2026-01-01T00:00:00.000Z'.length;
const dataEnd = '},"prev":"';
/** From the brace that ends the data to the end of the line. */
const tailLength = dataEnd.length + 64 + '"}'.length;

/**
 * Reads events without parsing their lines whole. Only for lines that are known to be as they were written: no more is
 * looked at than is asked for.
 */
export class EventScanner {
  readonly #line = new LineScanner();
  /** Of the line before: mostly they are the same again. */
  #jobId: string | undefined;
  #step: string | undefined;

  /**
   * The event of a line, its data cut down to what the fold reads. Undefined when the line is not as a writer makes it,
   * or of a type that is better parsed.
   */
  scan(line: Buffer): BareEvent | undefined {
    this.#line.start(line);
    if (!this.#line.has(dataEnd, line.length - tailLength)) return undefined;
    try {
      return this.#event();
    } catch (error) {
      if (error instanceof SyntaxError) return undefined;
      throw error;
    }
  }

  #event(): BareEvent | undefined {
    const line = this.#line;
    if (!line.skip('{"seq":')) return undefined;
    const seq = line.integer();
    const ts = line.skip(',"ts":"') ? line.text(timestampLength) : '';
    if (seq === undefined || !isTimestamp(ts) || !line.skip('","level":') || !line.skipString()) return undefined;
    const jobId = (this.#jobId = this.#stringAfter(',"job_id":', this.#jobId));
    const type = line.skip(',"type":') ? types.find(({ text }) => line.skip(text)) : undefined;
    if (jobId === undefined || type === undefined) return undefined;
    const step = this.#stringAfter(',"step":', this.#step);
    this.#step = step ?? this.#step;
    const item = this.#stringAfter(',"item":');
    const data = line.skip(',"data":{') ? line.members(type.wanted) : undefined;
    return data && { seq, ts, job_id: jobId, type: type.type, step, item, data };
  }

  #stringAfter(key: string, likely?: string): string | undefined {
    return this.#line.skip(key) ? this.#line.string(likely) : undefined;
  }
}
