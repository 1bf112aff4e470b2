import { expect, test } from 'vitest';
import { decodeNdjson } from './decode-ndjson.ts';
import { allOf, cutAt } from './testing/bodies.ts';

const outcome = (text: string) => allOf(decodeNdjson(cutAt(Buffer.from(text), [])));

test('a line that is not JSON is a bad response; the same at the end of the stream is a cut one', async () => {
  expect(await outcome('{"a":1}\n{"b":\n')).toMatchObject({
    read: [{ a: 1 }],
    error: { code: 'bad_response', message: expect.stringContaining('`{"b":`') },
  });
  expect(await outcome('{"a":1}\n{"b":')).toMatchObject({ read: [{ a: 1 }], error: { code: 'network' } });
});

test('a line of 10 MB is refused before it is whole', async () => {
  let sent = 0;
  async function* endless(): AsyncGenerator<Uint8Array> {
    for (; sent < 10_000_000; sent += 65_536) yield Buffer.alloc(65_536, 'x');
  }
  const { error } = await allOf(decodeNdjson(endless()));
  expect(error).toMatchObject({ code: 'bad_response', message: expect.stringContaining('at most 8388608 bytes') });
  expect(sent).toBeLessThan(9_000_000);
});
