import { decodeWith } from './decoder.ts';
import type { Decoder } from './decoder.ts';
import { LineDecoder, defaultMaxBytes, tooLong } from './line-decoder.ts';
import type { DecodeOptions } from './line-decoder.ts';

/** One server-sent event. `data` holds its data lines, joined by line feeds. */
export type SseEvent = { readonly event?: string; readonly data: string; readonly id?: string };

/**
 * Server-sent events of a body (WHATWG HTML, 9.2.6): any chunking of the same bytes gives the same events. Comments and
 * unknown fields are skipped, and so is an event that the stream ends in the middle of. Throws `bad_response` for an
 * event above `maxBytes`.
 */
export function decodeSse(chunks: AsyncIterable<Uint8Array>, options?: DecodeOptions): AsyncGenerator<SseEvent, void> {
  return decodeWith(new SseDecoder(options), chunks);
}

export class SseDecoder implements Decoder<SseEvent> {
  readonly #maxBytes: number;
  readonly #lines: LineDecoder;
  #fields = noFields();
  #isFirst = true;

  constructor({ maxBytes = defaultMaxBytes }: DecodeOptions = {}) {
    this.#maxBytes = maxBytes;
    this.#lines = new LineDecoder({ crEnds: true, maxBytes });
  }

  *push(chunk: Uint8Array): Generator<SseEvent, void> {
    for (const line of this.#lines.push(chunk)) {
      const event = this.#take(line);
      if (event !== undefined) yield event;
    }
  }

  *end(): Generator<SseEvent, void> {
    const last = this.#lines.end();
    const event = last?.ended === true ? this.#take(last.text) : undefined;
    if (event !== undefined) yield event;
  }

  /** The event that a line completes. */
  #take(text: string): SseEvent | undefined {
    const line = this.#isFirst && text.startsWith(byteOrderMark) ? text.slice(1) : text;
    this.#isFirst = false;
    if (line !== '') return void takeField(line, this.#fields, this.#maxBytes);
    const event = toEvent(this.#fields);
    this.#fields = noFields();
    return event;
  }
}

const byteOrderMark = '\uFEFF';

type Fields = { event: string; id: string | undefined; data: string | undefined };

function noFields(): Fields {
  return { event: '', id: undefined, data: undefined };
}

function takeField(line: string, fields: Fields, maxBytes: number): void {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const name = colon === -1 ? line : line.slice(0, colon);
  const skip = line[colon + 1] === ' ' ? 2 : 1;
  const value = colon === -1 ? '' : line.slice(colon + skip);
  if (name === 'data') {
    fields.data = fields.data === undefined ? value : `${fields.data}\n${value}`;
    if (fields.data.length > maxBytes) throw tooLong(maxBytes);
  } else if (name === 'event') fields.event = value;
  else if (name === 'id') fields.id = value;
}

function toEvent({ event, id, data }: Fields): SseEvent | undefined {
  if (data === undefined) return undefined;
  if (event === '' && id === undefined) return { data };
  return { ...(event !== '' && { event }), data, ...(id !== undefined && { id }) };
}
