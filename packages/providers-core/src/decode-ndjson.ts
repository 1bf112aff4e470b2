import { OrchError } from '@orch/contracts';
import { decodeLines, defaultMaxBytes } from './decode-lines.ts';
import type { DecodeOptions } from './decode-lines.ts';
import { cutStream } from './network-error.ts';

/**
 * The values of a body that has one JSON value a line, however its bytes were cut into chunks. Throws `bad_response`
 * for a line that is not JSON or above `maxBytes`, and `network` for a last line that ends in the middle.
 */
export async function* decodeNdjson(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes = defaultMaxBytes }: DecodeOptions = {},
): AsyncGenerator<unknown, void> {
  for await (const { text, ended } of decodeLines(chunks, maxBytes)) {
    if (text.trim() !== '') yield parseLine(text, ended);
  }
}

function parseLine(text: string, ended: boolean): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (!ended) throw cutStream();
    throw new OrchError('bad_response', `Expected a line of JSON, got \`${text.slice(0, 200)}\`.`);
  }
}
