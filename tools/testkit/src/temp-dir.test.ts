import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { tempDir } from './temp-dir.ts';

test('a temporary folder exists until it is removed, with all it holds', () => {
  let remove = () => {};
  const dir = tempDir((cleanUp) => (remove = cleanUp));
  writeFileSync(join(dir, 'note.txt'), 'x');
  expect(existsSync(join(dir, 'note.txt'))).toBe(true);
  remove();
  expect(existsSync(dir)).toBe(false);
});

let previous = '';

test('inside a test it lives as long as the test', () => {
  previous = tempDir();
  expect(existsSync(previous)).toBe(true);
});

test('after the test it is gone', () => {
  expect(previous).not.toBe('');
  expect(existsSync(previous)).toBe(false);
});
