import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeSse } from './decode-sse.ts';

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

const events = (text: string, cuts: readonly number[] = []) => all(decodeSse(bytes(text, cuts)));

test('data lines, event names and ids are read; comments and unknown fields are not', async () => {
  const text = '\uFEFF: hello\nevent: ping\nid: 7\ndata: one\ndata:two\nretry: 3\n\ndata\n\n: only a comment\n\n';
  expect(await events(text)).toEqual([{ event: 'ping', id: '7', data: 'one\ntwo' }, { data: '' }]);
});

test('an event that the stream ends in the middle of is not one', async () => {
  expect(await events('data: whole\n\ndata: {"ha')).toEqual([{ data: 'whole' }]);
  expect(await events('data: whole\n\ndata: half\n')).toEqual([{ data: 'whole' }]);
});

test('any cut of the same bytes, and any way to end a line, gives the same events', async () => {
  const data = fc.string({ unit: 'binary', maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, 'é🙂'));
  const wire = fc.record({
    texts: fc.array(data, { minLength: 1, maxLength: 5 }),
    end: fc.constantFrom('\n', '\r\n', '\r'),
    cuts: fc.array(fc.nat(), { maxLength: 8 }),
  });
  await fc.assert(
    fc.asyncProperty(wire, async ({ texts, end, cuts }) => {
      const text = texts.map((one) => `: note${end}data: ${one}${end}${end}`).join('');
      expect(await events(text, cuts)).toEqual(texts.map((one) => ({ data: Buffer.from(one).toString() })));
    }),
  );
});

test('a line of 10 MB is refused before it is whole, and so is an endless event', async () => {
  let read = 0;
  async function* endless(chunk: string): AsyncGenerator<Uint8Array> {
    for (; read < 10_000_000; read += chunk.length) yield Buffer.from(chunk);
  }
  await expect(all(decodeSse(endless('x'.repeat(65_536))))).rejects.toThrow('at most 8388608 bytes');
  expect(read).toBeLessThan(9_000_000);
  const lines = decodeSse(endless(`data: ${'x'.repeat(100)}\n`), { maxBytes: 1_000 });
  await expect(all(lines)).rejects.toMatchObject({ code: 'bad_response' });
});
