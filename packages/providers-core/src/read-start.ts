import type { BodyReader } from './body-reader.ts';

/** The first `maxBytes` of a body, as text. */
export function readStart(maxBytes: number): BodyReader<never, string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const end = (): string => Buffer.concat(chunks).toString('utf8', 0, maxBytes);
  return {
    push(chunk) {
      chunks.push(chunk);
      bytes += chunk.length;
      return bytes > maxBytes ? end() : undefined;
    },
    end,
  };
}
