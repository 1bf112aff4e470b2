import { expect, test } from 'vitest';
import { estimateTokens } from './estimate-tokens.ts';

test('four bytes of UTF-8 count as one token', () => {
  const said = (content: string) => ({ role: 'user', content }) as const;
  expect(estimateTokens([said('abcd'), said('é🙂')])).toBe(3);
  expect(estimateTokens([])).toBe(0);
});

test('calls of tools count by what they say, an image as a thousand', () => {
  const call = { id: 'call_1', name: 'read', arguments: '{"a": 1} ' };
  expect(estimateTokens([{ role: 'assistant', content: 'abc', toolCalls: [call] }])).toBe(4);
  expect(estimateTokens([{ role: 'user', content: '', images: [{ mediaType: 'image/png', data: 'AAAA' }] }])).toBe(
    1000,
  );
});
