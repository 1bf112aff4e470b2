import { OrchError } from '@orch/contracts';
import { decodeWith } from './decoder.ts';
import type { Decoder } from './decoder.ts';
import { LineDecoder, defaultMaxBytes } from './line-decoder.ts';
import type { DecodeOptions } from './line-decoder.ts';
import { cutStream } from './network-error.ts';
import { quoted } from './quote.ts';

/**
 * The values of a body that has one JSON value a line, however its bytes were cut into chunks. Throws `bad_response`
 * for a line that is not JSON or above `maxBytes`, and `network` for a last line that ends in the middle.
 */
export function decodeNdjson(
  chunks: AsyncIterable<Uint8Array>,
  options?: DecodeOptions,
): AsyncGenerator<unknown, void> {
  return decodeWith(new NdjsonDecoder(options), chunks);
}

export class NdjsonDecoder implements Decoder<unknown> {
  readonly #lines: LineDecoder;

  constructor({ maxBytes = defaultMaxBytes }: DecodeOptions = {}) {
    this.#lines = new LineDecoder({ crEnds: false, maxBytes });
  }

  *push(chunk: Uint8Array): Generator<unknown, void> {
    for (const line of this.#lines.push(chunk)) {
      if (line.trim() !== '') yield parseLine(line, true);
    }
  }

  *end(): Generator<unknown, void> {
    const last = this.#lines.end();
    if (last !== undefined && last.text.trim() !== '') yield parseLine(last.text, false);
  }
}

function parseLine(text: string, ended: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (!ended) throw cutStream();
    throw new OrchError('bad_response', `Expected a line of JSON, got \`${quoted(text)}\`.`);
  }
}
