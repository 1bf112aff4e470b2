import { OrchError } from '@orch/contracts';

export type DecodeOptions = {
  /** The longest line, or event, that is accepted; 8 MiB unless given. */
  readonly maxBytes?: number | undefined;
};

export const defaultMaxBytes = 8 * 1024 * 1024;

export type LineOptions = {
  /** Whether a CR ends a line by itself, as in server-sent events, or only LF does. */
  readonly crEnds: boolean;
  readonly maxBytes: number;
};

const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const cr = Buffer.from('\r');

/**
 * Cuts a body into lines. Bytes are decoded a line or more at once, so no character is ever split. Throws
 * `bad_response` for a line above `maxBytes`, before it is whole.
 *
 * A class, since a closure that is a generator costs more to make than a short answer to read.
 */
export class LineDecoder {
  readonly #options: LineOptions;
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  /** A CR at the end of a chunk may be half of a CRLF: the next byte tells. */
  #holdsCr = false;

  constructor(options: LineOptions) {
    this.#options = options;
  }

  /** The lines that these bytes completed, to be taken before the next bytes come. */
  *push(bytes: Uint8Array): Generator<string, void> {
    const { maxBytes } = this.#options;
    const chunk = this.#withHeldCr(bytes);
    const past = this.#pastLastEnd(chunk);
    if (past > 0) {
      const ending = chunk.subarray(0, past);
      const tooLongAt = this.#restBytes + past > maxBytes ? findTooLong(ending, this.#restBytes, this.#options) : -1;
      let at = 0;
      for (const line of this.#takeLines(ending)) {
        if (at++ === tooLongAt) throw tooLong(maxBytes);
        yield line;
      }
    }
    if (past < chunk.length) this.#rest.push(chunk.subarray(past));
    this.#restBytes += chunk.length - past;
    if (this.#restBytes > maxBytes) throw tooLong(maxBytes);
  }

  /** A last line; `ended` is false when its end is missing. */
  end(): { readonly text: string; readonly ended: boolean } | undefined {
    if (this.#restBytes === 0 && !this.#holdsCr) return undefined;
    return { text: toText(this.#rest), ended: this.#holdsCr };
  }

  #withHeldCr(bytes: Uint8Array): Uint8Array {
    const chunk = this.#holdsCr ? Buffer.concat([cr, bytes]) : bytes;
    this.#holdsCr = this.#options.crEnds && chunk.at(-1) === carriageReturn;
    return this.#holdsCr ? chunk.subarray(0, -1) : chunk;
  }

  #pastLastEnd(chunk: Uint8Array): number {
    const feed = chunk.lastIndexOf(lineFeed);
    return 1 + (this.#options.crEnds ? Math.max(feed, chunk.lastIndexOf(carriageReturn)) : feed);
  }

  #takeLines(ending: Uint8Array): readonly string[] {
    const text = toText([...this.#rest, ending]);
    const lines = this.#options.crEnds && text.includes('\r') ? text.split(/\r\n|\r|\n/) : text.split('\n');
    lines.pop();
    this.#rest = [];
    this.#restBytes = 0;
    return lines;
  }
}

/** Which of the lines that end in these bytes is too long; -1 for none. The first has so many bytes before them. */
function findTooLong(bytes: Uint8Array, before: number, { crEnds, maxBytes }: LineOptions): number {
  let line = 0;
  let length = before;
  for (const [at, byte] of bytes.entries()) {
    const isEnd = byte === lineFeed || (crEnds && byte === carriageReturn);
    if (!isEnd) length++;
    if (length > maxBytes) return line;
    const isRestOfCrLf = crEnds && byte === lineFeed && bytes[at - 1] === carriageReturn;
    if (!isEnd || isRestOfCrLf) continue;
    line++;
    length = 0;
  }
  return -1;
}

function toText(parts: readonly Uint8Array[]): string {
  const [only] = parts;
  const { buffer, byteOffset, length } = parts.length === 1 && only !== undefined ? only : Buffer.concat(parts);
  return Buffer.from(buffer, byteOffset, length).toString('utf8');
}

export function tooLong(maxBytes: number): OrchError {
  const message = `Expected lines of at most ${maxBytes} bytes in the stream, got a longer one.`;
  return new OrchError('bad_response', message, { retryable: false });
}
