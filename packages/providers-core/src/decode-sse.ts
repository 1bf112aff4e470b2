import { decodeLines, defaultMaxBytes, tooLong } from './decode-lines.ts';
import type { DecodeOptions } from './decode-lines.ts';

/** One server-sent event. `data` holds its data lines, joined by line feeds. */
export type SseEvent = { readonly event?: string; readonly data: string; readonly id?: string };

/**
 * Server-sent events of a body (WHATWG HTML, 9.2.6): any chunking of the same bytes gives the same events. Comments and
 * unknown fields are skipped, and so is an event that the stream ends in the middle of. Throws `bad_response` for an
 * event above `maxBytes`.
 */
export async function* decodeSse(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes = defaultMaxBytes }: DecodeOptions = {},
): AsyncGenerator<SseEvent, void> {
  let pending = noFields();
  let isFirst = true;
  for await (const { text, ended } of decodeLines(chunks, maxBytes)) {
    const line = isFirst ? text.replace(/^\uFEFF/, '') : text;
    isFirst = false;
    // A lone CR also ends a line; none is in almost every line.
    const lines = line.includes('\r') ? line.split('\r') : [line];
    if (!ended) lines.pop();
    for (const one of lines) {
      if (one !== '') take(one, pending, maxBytes);
      else {
        const event = toEvent(pending);
        pending = noFields();
        if (event !== undefined) yield event;
      }
    }
  }
}

type Fields = { event: string; id: string | undefined; data: string[]; size: number };

function noFields(): Fields {
  return { event: '', id: undefined, data: [], size: 0 };
}

function take(line: string, fields: Fields, maxBytes: number): void {
  const colon = line.indexOf(':');
  if (colon === 0) return;
  const name = colon === -1 ? line : line.slice(0, colon);
  const skip = line[colon + 1] === ' ' ? 2 : 1;
  const value = colon === -1 ? '' : line.slice(colon + skip);
  if (name === 'data') {
    fields.size += value.length + 1;
    if (fields.size > maxBytes) throw tooLong(maxBytes);
    fields.data.push(value);
  } else if (name === 'event') fields.event = value;
  else if (name === 'id') fields.id = value;
}

function toEvent({ event, id, data }: Fields): SseEvent | undefined {
  if (data.length === 0) return undefined;
  return { ...(event !== '' && { event }), data: data.join('\n'), ...(id !== undefined && { id }) };
}
