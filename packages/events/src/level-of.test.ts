import { expect, test } from 'vitest';
import { levelOf } from './level-of.ts';

test.each([
  ['step.failed', { code: 'timeout' }, 'ERROR'],
  ['step.failed', { code: 'timeout', will_retry: true }, 'WARN'],
  ['step.failed', { code: 'timeout', will_retry: false }, 'ERROR'],
  ['job.failed', {}, 'ERROR'],
  ['gate.failed', {}, 'ERROR'],
  ['gate.error', {}, 'ERROR'],
  ['llm.response', { success: false }, 'WARN'],
  ['llm.response', { success: true }, 'INFO'],
  ['reply.rejected', {}, 'WARN'],
  ['step.succeeded', {}, 'INFO'],
])('%s with %j is %s', (type, data, level) => {
  expect(levelOf(type, data)).toBe(level);
});
