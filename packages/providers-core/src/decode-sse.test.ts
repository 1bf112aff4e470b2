import { expect, test } from 'vitest';
import { decodeSse } from './decode-sse.ts';
import { allOf, cutAt } from './testing/bodies.ts';

const events = async (text: string) => (await allOf(decodeSse(cutAt(Buffer.from(text), [])))).read;

test('data lines, event names and ids are read; comments and unknown fields are not', async () => {
  const text = '\uFEFF: hello\nevent: ping\nid: 7\ndata: one\ndata:two\nretry: 3\n\ndata\n\n: only a comment\n\n';
  expect(await events(text)).toEqual([{ event: 'ping', id: '7', data: 'one\ntwo' }, { data: '' }]);
});

test('an event that the stream ends in the middle of is not one', async () => {
  expect(await events('data: whole\n\ndata: {"ha')).toEqual([{ data: 'whole' }]);
  expect(await events('data: whole\n\ndata: half\n')).toEqual([{ data: 'whole' }]);
});

test('an event is there as soon as its last line is: a CR is held back until the next byte only', async () => {
  async function* lines() {
    yield Buffer.from('data: a\r\n\r\n');
    yield Buffer.from('data: b\r\r');
    yield Buffer.from(':');
    expect.unreachable('both were there before');
  }
  const read = decodeSse(lines());
  expect([await read.next(), await read.next()]).toMatchObject([{ value: { data: 'a' } }, { value: { data: 'b' } }]);
});

test('a line of 10 MB is refused before it is whole, and so is an endless event', async () => {
  let sent = 0;
  async function* endless(chunk: string): AsyncGenerator<Uint8Array> {
    for (; sent < 10_000_000; sent += chunk.length) yield Buffer.from(chunk);
  }
  const { error } = await allOf(decodeSse(endless('x'.repeat(65_536))));
  expect(error).toMatchObject({ code: 'bad_response', message: expect.stringContaining('at most 8388608 bytes') });
  expect(sent).toBeLessThan(9_000_000);
  const event = await allOf(decodeSse(endless(`data: ${'x'.repeat(100)}\n`), { maxBytes: 1_000 }));
  expect(event.error).toMatchObject({ code: 'bad_response' });
});
