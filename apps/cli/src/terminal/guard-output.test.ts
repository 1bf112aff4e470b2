import { createHider } from '@orch/secrets';
import { expect, test } from 'vitest';
import { guardOutput } from './guard-output.ts';

function collect(isTTY = false) {
  const written: string[] = [];
  const stream = {
    isTTY,
    write(chunk: string | Uint8Array) {
      written.push(Buffer.from(chunk).toString('latin1'));
      return true;
    },
  };
  return { stream: stream as unknown as NodeJS.WriteStream, text: () => written.join('') };
}

const hider = createHider(['s3cret-value']);

test('a secret is hidden in whatever is written, also in pieces of a line, and in bytes that are no text', () => {
  const { stream, text } = collect();
  guardOutput([stream], hider);
  stream.write('a s3cret');
  stream.write('-value b\n');
  stream.write(Buffer.from('\xffs3cret-value\n', 'latin1'));
  stream.write(Buffer.from('s3cret-value').toString('hex'), 'hex');
  expect(text()).toBe('a *** b\n\xff***\n***');
});

test('each stream is looked at by itself, and what is held back comes with the end of the line', () => {
  const [out, err] = [collect(), collect()];
  guardOutput([out.stream, err.stream], hider);
  out.stream.write('s3cret');
  err.stream.write('-value\n');
  expect([out.text(), err.text()]).toEqual(['', '-value\n']);
  out.stream.write(' no\n');
  expect(out.text()).toBe('s3cret no\n');
});

test('nothing is held back from a person who types', () => {
  const { stream, text } = collect(true);
  guardOutput([stream], hider);
  stream.write('s3');
  expect(text()).toBe('s3');
});

test('another hider counts from then on; without secrets all goes through as it is, with its callback', () => {
  const { stream, text } = collect();
  const guard = guardOutput([stream], createHider([]));
  stream.write('s3cret-value\n');
  guard.hide(hider);
  stream.write('s3cret-value\n');
  expect(text()).toBe('s3cret-value\n***\n');
});
