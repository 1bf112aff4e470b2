import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeNdjson } from './decode-ndjson.ts';

async function* bytes(text: string, cuts: readonly number[] = []): AsyncGenerator<Uint8Array> {
  const all = Buffer.from(text);
  const places = [...cuts.map((cut) => cut % (all.length + 1)), 0, all.length].toSorted((a, b) => a - b);
  for (const [at, start] of places.entries()) yield all.subarray(start, places[at + 1] ?? start);
}

async function all<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const part of parts) list.push(part);
  return list;
}

const values = (text: string, cuts: readonly number[] = []) => all(decodeNdjson(bytes(text, cuts)));

test('any cut of the same bytes gives the same values', async () => {
  const wire = fc.record({
    list: fc.array(fc.jsonValue(), { maxLength: 5 }),
    end: fc.constantFrom('\n', '\r\n', '\n\n'),
    cuts: fc.array(fc.nat(), { maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(wire, async ({ list, end, cuts }) => {
      const lines = list.map((value) => JSON.stringify(value));
      expect(await values(lines.join(end), cuts)).toEqual(lines.map((line) => JSON.parse(line) as unknown));
    }),
  );
});

test('a line that is not JSON is a bad response; the same at the end of the stream is a cut one', async () => {
  await expect(values('{"a":1}\n{"b":\n')).rejects.toMatchObject({
    code: 'bad_response',
    message: expect.stringContaining('`{"b":`'),
  });
  await expect(values('{"a":1}\n{"b":')).rejects.toMatchObject({ code: 'network' });
});
