import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSse } from './decode-sse.ts';
import { allOf, cutAt } from './testing/bodies.ts';
import { fuzzRuns, fuzzTimeout } from './testing/fuzz.ts';

const cuts = fc.array(fc.nat(), { maxLength: 12 });
const words = [
  'data: ',
  'data',
  'event: ',
  'id: ',
  ': ',
  '\n',
  '\r\n',
  '\r',
  '\n\n',
  '\uFEFF',
  '🙂',
  'é',
  ' ',
  '{"a":1}',
];
const piece = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom(...words).map((word) => Buffer.from(word)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 4 }) },
);
const body = fc.array(piece, { maxLength: 40 }).map((pieces) => Buffer.concat(pieces));

test(
  'any bytes give the same events, or the same refusal, however they are cut',
  async () => {
    const sameEvents = async (bytes: Buffer, places: readonly number[]): Promise<void> => {
      const [whole, cut, single] = [[], places, [...bytes.keys()]].map((at) =>
        allOf(decodeSse(cutAt(bytes, at), { maxBytes: 40 })),
      );
      expect(await cut).toEqual(await whole);
      expect(await single).toEqual(await whole);
    };
    await fc.assert(fc.asyncProperty(body, cuts, sameEvents), fuzzRuns);
  },
  fuzzTimeout,
);

test(
  'what was written is read, whatever ends its lines: CRLF, CR or LF, with comments between, after a BOM',
  async () => {
    const line = fc
      .string({ unit: 'binary', maxLength: 12 })
      .map((text) => text.replaceAll(/[\r\n\uFEFF]/g, 'é🙂').toWellFormed());
    const event = fc.record({ data: fc.array(line, { minLength: 1, maxLength: 3 }), comment: fc.boolean() });
    const wire = fc.record({
      bom: fc.constantFrom('', '\uFEFF'),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      events: fc.array(event, { maxLength: 5 }),
    });
    const isRead = async (
      { bom, end, events }: typeof wire extends fc.Arbitrary<infer T> ? T : never,
      places: readonly number[],
    ) => {
      const text = events.map(({ data, comment }) =>
        [...(comment ? [': note'] : []), ...data.map((one) => `data: ${one}`), '', ''].join(end),
      );
      const { read, error } = await allOf(decodeSse(cutAt(Buffer.from(bom + text.join('')), places)));
      expect(error).toBeUndefined();
      expect(read).toEqual(events.map(({ data }) => ({ data: data.join('\n') })));
    };
    await fc.assert(fc.asyncProperty(wire, cuts, isRead), fuzzRuns);
  },
  fuzzTimeout,
);
