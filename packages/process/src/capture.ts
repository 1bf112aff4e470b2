import { StringDecoder } from 'node:string_decoder';

/** Output as it comes, kept up to a number of bytes. */
export type Capture = {
  push(chunk: Buffer): void;
  readonly truncated: boolean;
  /** What was kept as UTF-8; of longer output the first and the last half of the limit, with a note between. */
  text(): string;
};

export function createCapture(maxBytes: number): Capture {
  const head = keepFirst(Math.ceil(maxBytes / 2));
  const tail = keepLast(Math.floor(maxBytes / 2));
  return {
    push(chunk) {
      tail.push(head.push(chunk));
    },
    get truncated() {
      return tail.dropped > 0;
    },
    text() {
      const [first, last] = [head.bytes(), tail.bytes()];
      if (tail.dropped === 0) return Buffer.concat([first, last]).toString();
      const [before, after] = [withoutTornEnd(first), withoutTornStart(last)];
      return `${before}\n[… ${tail.dropped} bytes left out …]\n${after}`;
    },
  };
}

function keepFirst(limit: number) {
  const chunks: Buffer[] = [];
  let room = limit;
  return {
    /** Returns what did not fit. */
    push(chunk: Buffer): Buffer {
      if (room === 0) return chunk;
      const kept = chunk.subarray(0, room);
      chunks.push(kept);
      room -= kept.length;
      return chunk.subarray(kept.length);
    },
    bytes: () => Buffer.concat(chunks),
  };
}

function keepLast(limit: number) {
  const chunks: Buffer[] = [];
  let size = 0;
  let dropped = 0;
  return {
    get dropped() {
      return dropped;
    },
    push(chunk: Buffer): void {
      if (chunk.length === 0) return;
      chunks.push(chunk);
      size += chunk.length;
      for (let first = chunks[0]; first !== undefined && size > limit; first = chunks[0]) {
        const excess = Math.min(size - limit, first.length);
        if (excess === first.length) chunks.shift();
        else chunks[0] = first.subarray(excess);
        size -= excess;
        dropped += excess;
      }
    },
    bytes: () => Buffer.concat(chunks),
  };
}

function withoutTornEnd(bytes: Buffer): string {
  return new StringDecoder('utf8').write(bytes);
}

function withoutTornStart(bytes: Buffer): string {
  let start = 0;
  while (start < 3 && isContinuation(bytes[start])) start++;
  return bytes.toString('utf8', start);
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
