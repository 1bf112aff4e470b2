import { Transform } from 'node:stream';
import type { TransformCallback } from 'node:stream';

/**
 * Passes on what is compressed with zstd, and fails when it ends within a frame or has anything else behind one: Node's
 * decompressor takes a stream that was cut off for its end. https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames
 */
export function requireWholeZstd(): Transform {
  const walk = new FrameWalk();
  return new Transform({
    transform: (chunk: Buffer, _, done) => settle(() => walk.read(chunk), done, chunk),
    flush: (done) => settle(() => walk.end(), done),
  });
}

function settle(check: () => void, done: TransformCallback, chunk?: Buffer): void {
  try {
    check();
  } catch (error) {
    return done(error as Error);
  }
  done(null, chunk);
}

/** Bytes to be looked at, or only passed over; `first`: of a frame. */
type Wanted = { readonly bytes: number; readonly is: 'first' | 'read' | 'skipped' };

class FrameWalk {
  readonly #frames = frames();
  #wanted: Wanted = this.#frames.next().value;
  #read = Buffer.alloc(0);
  #left = this.#wanted.bytes;

  read(chunk: Buffer): void {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + this.#left);
      if (this.#wanted.is !== 'skipped') this.#read = Buffer.concat([this.#read, part]);
      at += part.length;
      this.#left -= part.length;
      while (this.#left === 0) this.#next();
    }
  }

  end(): void {
    if (this.#wanted.is !== 'first' || this.#read.length > 0) throw new Error('unexpected end of file');
  }

  #next(): void {
    this.#wanted = this.#frames.next(this.#read).value;
    this.#left = this.#wanted.bytes;
    this.#read = Buffer.alloc(0);
  }
}

const read = (bytes: number): Wanted => ({ bytes, is: 'read' });
const skip = (bytes: number): Wanted => ({ bytes, is: 'skipped' });

function* frames(): Generator<Wanted, never, Buffer> {
  for (;;) {
    const magic = (yield { bytes: 4, is: 'first' }).readUInt32LE();
    if (magic === 0xfd2fb528) yield* blocks();
    else if (magic >>> 4 === 0x184d2a5) yield skip((yield read(4)).readUInt32LE());
    else throw new Error('something else than zstd follows');
  }
}

function* blocks(): Generator<Wanted, void, Buffer> {
  const descriptor = (yield read(1)).readUInt8();
  yield skip(restOfHeader(descriptor));
  for (let isLast = false; !isLast;) {
    const header = (yield read(3)).readUIntLE(0, 3);
    isLast = (header & 1) === 1;
    const isOneRepeated = ((header >>> 1) & 3) === 1;
    yield skip(isOneRepeated ? 1 : header >>> 3);
  }
  if ((descriptor & 4) !== 0) yield skip(4); // checksum
}

/** Of the window, the dictionary and the size of the content. */
function restOfHeader(descriptor: number): number {
  const isOneSegment = ((descriptor >>> 5) & 1) === 1;
  const dictionary = [0, 1, 2, 4][descriptor & 3]!;
  const size = [isOneSegment ? 1 : 0, 2, 4, 8][descriptor >>> 6]!;
  return (isOneSegment ? 0 : 1) + dictionary + size;
}
