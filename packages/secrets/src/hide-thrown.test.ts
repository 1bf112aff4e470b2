import { OrchError } from '@orch/contracts';
import { expect, test } from 'vitest';
import { createHider } from './create-hider.ts';
import { hideThrown } from './hide-thrown.ts';
import { hideValue } from './hide-value.ts';
import { hidesNothing } from './no-secrets.ts';

const hider = createHider(['ghp_R2d2Zk9xQ4']);

test('what was thrown stays what it is, unless it holds a secret', () => {
  const abort = new DOMException('stopped', 'AbortError');
  expect(hideThrown(abort, hider)).toBe(abort);
  expect(hideThrown('just words', hider)).toBe('just words');
  const hidden = hideThrown(new TypeError('no ghp_R2d2Zk9xQ4'), hider);
  expect(hidden).toBeInstanceOf(OrchError);
  expect(hidden).toMatchObject({
    code: 'internal',
    message: 'no ***',
    cause: { name: 'TypeError', message: 'no ***' },
  });
});

test('without secrets nothing is even looked at', () => {
  const nobody = createHider(['', '  ']);
  const touchy = new Proxy({}, { ownKeys: () => expect.unreachable() });
  expect([hidesNothing(nobody), hidesNothing(hider)]).toEqual([true, false]);
  expect(hideValue(touchy, nobody)).toBe(touchy);
});
