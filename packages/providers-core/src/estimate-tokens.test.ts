import { expect, test } from 'vitest';
import { estimateTokens } from './estimate-tokens.ts';

test('four bytes of UTF-8 count as one token', () => {
  expect(estimateTokens([{ content: 'abcd' }, { content: 'é🙂' }])).toBe(3);
  expect(estimateTokens([])).toBe(0);
});
