import { OrchError } from '@orch/contracts';
import { readText } from './read-text.ts';

/** How much of an answer that is one JSON value is read. */
const maxBytes = 64 * 1024 * 1024;

/** A whole body as one JSON value. Throws `bad_response` for anything else. */
export async function readJson(chunks: AsyncIterable<Uint8Array>): Promise<unknown> {
  const { text, whole } = await readText(chunks, maxBytes);
  if (!whole) throw new OrchError('bad_response', `Expected at most ${maxBytes} bytes of JSON, got more.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OrchError('bad_response', `Expected JSON, got \`${text.slice(0, 200)}\`.`);
  }
}
