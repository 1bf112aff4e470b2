import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeNdjson } from './decode-ndjson.ts';
import { allOf, cutAt } from './testing/bodies.ts';
import { fuzzRuns, fuzzTimeout } from './testing/fuzz.ts';

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const values = fc.array(fc.jsonValue(), { maxLength: 5 });
const piece = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.constantFrom('{"a":"é🙂"}', '1', '"', '\n', '\r\n', ' ', '[').map((text) => Buffer.from(text)),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }) },
);
const body = fc.array(piece, { maxLength: 30 }).map((pieces) => Buffer.concat(pieces));

test(
  'any bytes give the same values, or the same refusal, however they are cut',
  async () => {
    const sameValues = async (bytes: Buffer, places: readonly number[]): Promise<void> => {
      const [whole, cut, single] = [[], places, [...bytes.keys()]].map((at) =>
        allOf(decodeNdjson(cutAt(bytes, at), { maxBytes: 40 })),
      );
      expect(await cut).toEqual(await whole);
      expect(await single).toEqual(await whole);
    };
    await fc.assert(fc.asyncProperty(body, cuts, sameValues), fuzzRuns);
  },
  fuzzTimeout,
);

test(
  'what was written is read, with the last line ended or not',
  async () => {
    const isRead = async (list: readonly unknown[], end: string, places: readonly number[]): Promise<void> => {
      const lines = list.map((value) => JSON.stringify(value));
      const { read } = await allOf(decodeNdjson(cutAt(Buffer.from(lines.join(end)), places)));
      expect(read).toEqual(lines.map((line) => JSON.parse(line) as unknown));
    };
    await fc.assert(fc.asyncProperty(values, fc.constantFrom('\n', '\r\n', '\n\n'), cuts, isRead), fuzzRuns);
  },
  fuzzTimeout,
);
