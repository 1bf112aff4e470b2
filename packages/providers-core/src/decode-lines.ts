import { OrchError } from '@orch/contracts';

export type DecodeOptions = {
  /** The longest line, or event, that is accepted; 8 MiB unless given. */
  readonly maxBytes?: number | undefined;
};

export const defaultMaxBytes = 8 * 1024 * 1024;

const lineFeed = 10;

/**
 * Lines of a body, however its bytes were cut into chunks: they are decoded whole, so no character is ever split.
 * A line ends with LF or CRLF. The last one may lack its end: `ended` says so.
 */
export async function* decodeLines(
  chunks: AsyncIterable<Uint8Array>,
  maxBytes: number,
): AsyncGenerator<{ readonly text: string; readonly ended: boolean }, void> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const { buffer, byteOffset, length } of chunks) {
    const chunk = Buffer.from(buffer, byteOffset, length);
    let start = 0;
    for (let end = chunk.indexOf(lineFeed); end !== -1; end = chunk.indexOf(lineFeed, start)) {
      if (restBytes + end - start > maxBytes) throw tooLong(maxBytes);
      const line = rest.length === 0 ? chunk.toString('utf8', start, end) : toText(rest, chunk.subarray(start, end));
      yield { text: line.endsWith('\r') ? line.slice(0, -1) : line, ended: true };
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start < length) rest.push(chunk.subarray(start));
    restBytes += length - start;
    if (restBytes > maxBytes) throw tooLong(maxBytes);
  }
  if (restBytes > 0) yield { text: toText(rest), ended: false };
}

function toText(parts: readonly Buffer[], last?: Buffer): string {
  return Buffer.concat(last === undefined ? parts : [...parts, last]).toString('utf8');
}

export function tooLong(maxBytes: number): OrchError {
  return new OrchError('bad_response', `Expected lines of at most ${maxBytes} bytes in the stream, got a longer one.`);
}
