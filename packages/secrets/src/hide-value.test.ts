import { expect, test } from 'vitest';
import { createHider } from './create-hider.ts';
import { hideValue } from './hide-value.ts';

const token = 'ghp_R2d2Zk9xQ4';
const hider = createHider([token]);

test('every text of a value is hidden, at any depth and in names', () => {
  const value = { list: [token, { [`x-${token}`]: `Bearer ${token}` }], count: 3, none: null, gone: undefined };
  const hidden = { list: ['***', { 'x-***': 'Bearer ***' }], count: 3, none: null, gone: undefined };
  expect(hideValue(value, hider)).toStrictEqual(hidden);
});

test('what holds no secret is not copied, also beside what does', () => {
  const clean = { at: new Date(0), bytes: new Uint8Array(3), deep: [['a', 1]] };
  expect(hideValue(clean, hider)).toBe(clean);
  expect(hideValue({ clean, token }, hider).clean).toBe(clean);
});
