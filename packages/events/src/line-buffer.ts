import { maxLineBytes } from './log-event.ts';

const size = 4 * maxLineBytes;
const newline = 10;

/** Splits chunks of bytes into lines, in one buffer of fixed size. */
export class LineBuffer {
  readonly #buffer = Buffer.allocUnsafe(size);
  #start = 0;
  #end = 0;

  /** Bytes after the last complete line. */
  get rest(): number {
    return this.#end - this.#start;
  }

  /** Takes one chunk: `read` fills the buffer it is given and returns how many bytes. Returns the same number. */
  fill(read: (into: Buffer) => number): number {
    this.#buffer.copyWithin(0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
    const count = read(this.#buffer.subarray(this.#end));
    this.#end += count;
    return count;
  }

  /** The next complete line without its newline, valid until the next `fill`. */
  next(): Buffer | undefined {
    const start = this.#start;
    const end = this.#buffer.indexOf(newline, start);
    if (end < 0 || end >= this.#end) return undefined;
    this.#start = end + 1;
    return this.#buffer.subarray(start, end);
  }
}
