import { OrchError } from '@orch/contracts';
import type { BodyReader } from './body-reader.ts';
import { quoted } from './quote.ts';

/** How much of an answer that is one JSON value is read. */
const maxBytes = 64 * 1024 * 1024;

/** A whole body as one JSON value. Throws `bad_response` for anything else. */
export function readJson(): BodyReader<never, unknown> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  return {
    push(chunk) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooMuch();
      chunks.push(chunk);
      return undefined;
    },
    end: () => parse(Buffer.concat(chunks).toString('utf8')),
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OrchError('bad_response', `Expected JSON, got \`${quoted(text)}\`.`);
  }
}

function tooMuch(): OrchError {
  return new OrchError('bad_response', `Expected at most ${maxBytes} bytes of JSON, got more.`, { retryable: false });
}
