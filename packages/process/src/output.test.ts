import fc from 'fast-check';
import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { expect, test } from 'vitest';
import { readOutput } from './output.ts';

test('text that arrives in pieces of bytes is passed on in whole characters', async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 5 }), async (text, size) => {
      const bytes = Buffer.from(text);
      const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      );
      const stream = Readable.from(pieces);
      const heard: string[] = [];
      readOutput(stream, 1_000, { onText: (piece) => heard.push(piece), fail: () => expect.unreachable() });
      await finished(stream);
      expect(heard.join('')).toBe(text);
      expect(heard.every((piece) => piece.isWellFormed() && piece !== '')).toBe(true);
    }),
  );
});

test('a character that never ends is passed on as a replacement at the end', async () => {
  const heard: string[] = [];
  const stream = Readable.from([Buffer.from([0x61, 0xe2, 0x82])]);
  readOutput(stream, 1_000, { onText: (piece) => heard.push(piece), fail: () => expect.unreachable() });
  await finished(stream);
  expect(heard).toEqual(['a', '\ufffd']);
});
