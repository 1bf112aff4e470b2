import type { Result } from '@orch/contracts';
import { FakeClock } from '@orch/testkit';
import { expect, test } from 'vitest';
import { createBreaker } from './breaker.ts';
import type { Breaker, Permit, Verdict } from './breaker.ts';

function setUp() {
  const clock = new FakeClock();
  const breaker = createBreaker({ threshold: 3, cooldownMs: 1_000, clock });
  const call = async (verdict: Verdict) => permitOf(await breaker.enter()).settle(verdict);
  return { clock, breaker, call };
}

function permitOf(entered: Result<Permit>): Permit {
  if (!entered.ok) throw entered.error;
  return entered.value;
}

const isOpen = async (breaker: Breaker) => !(await breaker.enter()).ok;

test('only failures in a row open it: a success starts the count anew, refusals and cancels do not', async () => {
  const { breaker, call } = setUp();
  for (const verdict of ['failed', 'failed', 'worked', 'failed', 'refused', 'unknown', 'failed'] as const)
    await call(verdict);
  expect(breaker.waitMs()).toBe(0);
  await call('failed');
  expect(breaker.waitMs()).toBe(1_000);
});

test('after the cooldown one call alone tries the service out', async () => {
  const { clock, breaker, call } = setUp();
  for (let failure = 0; failure < 3; failure++) await call('failed');
  await clock.advance(999);
  expect(await isOpen(breaker)).toBe(true);
  await clock.advance(1);
  const trial = permitOf(await breaker.enter());
  expect([await isOpen(breaker), breaker.waitMs()]).toEqual([true, Infinity]);
  await trial.settle('failed');
  expect(breaker.waitMs()).toBe(1_000);
});

test.each([
  ['worked', 0],
  ['refused', 0],
  ['failed', 1_000],
  ['unknown', 1_000],
] as const)('a trial that %s leaves a wait of %i ms', async (verdict, wait) => {
  const { clock, breaker, call } = setUp();
  for (let failure = 0; failure < 3; failure++) await call('failed');
  await clock.advance(1_000);
  await call(verdict);
  expect(breaker.waitMs()).toBe(wait);
});

test('an outage is worth waiting for until a trial has failed, and again once one worked', async () => {
  const { clock, breaker, call } = setUp();
  for (let failure = 0; failure < 3; failure++) await call('failed');
  expect(breaker.waiting()).toEqual({ ms: 1_000, reason: 'backoff' });
  await clock.advance(1_000);
  const trial = permitOf(await breaker.enter());
  expect(breaker.waiting()).toEqual({ ms: 0, reason: 'backoff' });
  await trial.settle('failed');
  expect(breaker.waiting()).toBeUndefined();
  expect(await breaker.enter()).toMatchObject({ ok: false, error: { details: { failed_trials: 1, wait_ms: 1_000 } } });
  await clock.advance(1_000);
  await call('worked');
  for (let failure = 0; failure < 3; failure++) await call('failed');
  expect(breaker.waiting()).toEqual({ ms: 1_000, reason: 'backoff' });
});

test('calls that were under way when it opened do not end the trial', async () => {
  const { clock, breaker, call } = setUp();
  const slow = permitOf(await breaker.enter());
  for (let failure = 0; failure < 3; failure++) await call('failed');
  await clock.advance(1_000);
  const trial = permitOf(await breaker.enter());
  await slow.settle('worked');
  expect(await isOpen(breaker)).toBe(true);
  await trial.settle('worked');
  expect(await isOpen(breaker)).toBe(false);
});

test('calls at the same time share one state from the first', async () => {
  const { breaker } = setUp();
  const permits = await Promise.all([1, 2, 3].map(async () => permitOf(await breaker.enter())));
  await Promise.all(permits.map((permit) => permit.settle('failed')));
  expect(await isOpen(breaker)).toBe(true);
});
