import { inspect } from 'node:util';
import { OrchError } from '@orch/contracts';
import { expect, test } from 'vitest';
import { createHider } from './create-hider.ts';
import { hideError } from './hide-error.ts';

const token = 'ghp_R2d2Zk9xQ4';
const hider = createHider([token]);

test('an error is hidden in all that a program may print of it', () => {
  const root = new TypeError(`bad header ${token}`);
  const cause = Object.assign(new Error('no answer', { cause: root }), { headers: { authorization: token } });
  const error = new OrchError('network', `GET /?key=${token}`, {
    hint: `Is ${token} right?`,
    details: { url: `/?key=${token}`, status: 500 },
    cause,
    retryable: false,
  });
  const hidden = hideError(error, hider);
  expect(inspect(hidden, { depth: 9 })).not.toContain(token);
  expect(hidden).toMatchObject({ code: 'network', message: 'GET /?key=***', hint: 'Is *** right?', retryable: false });
  expect(hidden.details).toEqual({ url: '/?key=***', status: 500 });
  expect(hidden.stack).toBe(error.stack?.replaceAll(token, '***'));
  expect(hidden.cause).toMatchObject({ message: 'no answer', cause: { name: 'TypeError', message: 'bad header ***' } });
});

test('an error without secrets stays the same, whatever its cause is', () => {
  const error = new OrchError('io', 'no space', { cause: { errno: -28 } });
  expect(hideError(error, hider)).toBe(error);
});

test('causes that lead in a circle, or are no errors, end the chain', () => {
  const circle = new Error(token);
  circle.cause = circle;
  expect(inspect(hideError(new OrchError('io', 'x', { cause: circle }), hider))).not.toContain(token);
  const thrown = hideError(new OrchError('io', 'x', { cause: { token } }), hider);
  expect(thrown.cause).toBeUndefined();
  expect(hideError(new OrchError('io', 'x', { cause: token }), hider).cause).toBe('***');
});
