import { hash } from 'node:crypto';
import { expect, test } from 'vitest';
import { digestOfText } from './text-digest.ts';

const sha256 = (text: string) => hash('sha256', Buffer.from(text));

test('a text has the digest of its UTF-8 bytes, also when it is asked for again, of any length and content', () => {
  const texts = ['', 'ü€😀'.repeat(9_000), 'a\ud800b'.repeat(9_000), 'x'.repeat(16_384), 'y'.repeat(8_000_001)];
  for (const text of [...texts, ...texts]) expect(digestOfText(text)).toBe(sha256(text));
});

test('texts that push each other out keep their digests', () => {
  const texts = ['a', 'b', 'c', 'a', 'c', 'b'].map((letter) => letter.repeat(3_500_000));
  for (const text of [...texts, ...texts]) expect(digestOfText(text)).toBe(sha256(text));
});
