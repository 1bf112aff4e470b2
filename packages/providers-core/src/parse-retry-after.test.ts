import { expect, test } from 'vitest';
import { parseRetryAfter } from './parse-retry-after.ts';

const now = Date.UTC(2026, 0, 1);

test.each([
  [{ 'retry-after': '120' }, 120_000],
  [{ 'retry-after': ' 1.5 ' }, 1_500],
  [{ 'retry-after': '0' }, 0],
  [{ 'retry-after': 'Thu, 01 Jan 2026 00:02:00 GMT' }, 120_000],
  [{ 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' }, 0],
  [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
  [{ 'retry-after-ms': 'soon', 'retry-after': ['9', '10'] }, 9_000],
  [{ 'retry-after': '-5' }, undefined],
  [{ 'retry-after': 'soon' }, undefined],
  [{}, undefined],
])('%o asks for %s ms', (headers, ms) => {
  expect(parseRetryAfter(headers, now)).toBe(ms);
});
