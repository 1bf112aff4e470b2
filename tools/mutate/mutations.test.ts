import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mutate } from './mutation.ts';
import { mutations } from './mutations/index.ts';

const root = join(import.meta.dirname, '..', '..');

test('a mutation replaces a text that is there once, and nothing else', () => {
  const mutation = { name: 'm', breaks: 'b', file: 'f', tests: [], replace: 'a < b', by: '$& $1' };
  expect(mutate('if (a < b) c;', mutation)).toEqual({ text: 'if ($& $1) c;' });
  for (const text of [undefined, 'a > b', 'a < b; a < b']) expect(mutate(text, mutation)).toHaveProperty('stale');
});

test('every mutation has a name of its own, fits the product as it is, and knows where to look first', () => {
  expect(new Set(mutations.map(({ name }) => name)).size).toBe(mutations.length);
  const unfit = mutations.flatMap((mutation) => {
    const { name, file, replace, by, tests } = mutation;
    const mutated = mutate(existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : undefined, mutation);
    const missing = tests.filter((test) => !existsSync(join(root, test)));
    if ('stale' in mutated) return `${name}: ${file}: ${mutated.stale}`;
    return missing.length > 0 || tests.length === 0 || replace === by ? `${name}: ${missing.join()}` : [];
  });
  expect(unfit).toEqual([]);
});
