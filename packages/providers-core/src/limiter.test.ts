import { FakeClock } from '@orch/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createLimiter } from './limiter.ts';
import type { Limiter, Taken } from './limiter.ts';

function take(limiter: Limiter, tokens?: number): Taken {
  const taken = limiter.tryTake(tokens);
  if (!taken.ok) throw new Error(`Expected to be let through, wait ${taken.ms} ms for ${taken.reason}.`);
  return taken;
}

test('in no minute, wherever it begins, more leaves than is set; and everything leaves in the end', async () => {
  const one = fc.record({ tokens: fc.nat({ max: 150 }), afterMs: fc.nat({ max: 90_000 }) });
  const limits = fc.record({
    requestsPerMinute: fc.integer({ min: 1, max: 5 }),
    tokensPerMinute: fc.integer({ min: 50, max: 200 }),
  });
  await fc.assert(
    fc.asyncProperty(limits, fc.array(one, { minLength: 1, maxLength: 30 }), async (set, questions) => {
      const clock = new FakeClock();
      const limiter = createLimiter(set, clock);
      const left: { readonly at: number; readonly tokens: number }[] = [];
      for (const { tokens, afterMs } of questions) {
        await clock.advance(afterMs);
        for (let wait = limiter.waiting(tokens); wait !== undefined; wait = limiter.waiting(tokens)) {
          expect(limiter.tryTake(tokens)).toMatchObject({ ok: false, ms: wait.ms });
          expect(wait.ms).toBeLessThanOrEqual(60_000);
          await clock.advance(wait.ms);
        }
        take(limiter, tokens).settle();
        left.push({ at: clock.monotonic(), tokens });
      }
      for (const { at: from } of left) {
        const minute = left.filter(({ at }) => at >= from && at < from + 60_000);
        const tokens = minute.reduce((sum, { tokens }) => sum + Math.min(tokens, set.tokensPerMinute), 0);
        expect(minute.length).toBeLessThanOrEqual(set.requestsPerMinute);
        expect(tokens).toBeLessThanOrEqual(set.tokensPerMinute);
      }
    }),
    { seed: 5, numRuns: 200 },
  );
});

test('below one a minute, the next one waits for longer than a minute', async () => {
  const clock = new FakeClock();
  const limiter = createLimiter({ requestsPerMinute: 0.5 }, clock);
  take(limiter).settle();
  expect(limiter.waiting()).toEqual({ ms: 120_000, reason: 'requests' });
});

test('tokens that were not used, or more that were, count as they really were; what never left does not count', () => {
  const clock = new FakeClock();
  const limiter = createLimiter({ tokensPerMinute: 100, requestsPerMinute: 3 }, clock);
  take(limiter, 90).settle(10);
  expect(limiter.waiting(90)).toBeUndefined();
  take(limiter, 50).settle(95);
  expect(limiter.waiting(1)).toEqual({ ms: 60_000, reason: 'tokens' });
  const other = createLimiter({ tokensPerMinute: 100, requestsPerMinute: 1 }, clock);
  take(other, 100).refund();
  expect(other.waiting(100)).toBeUndefined();
});

test('at most so many at once; the end of one is told', async () => {
  const limiter = createLimiter({ maxParallel: 2 }, new FakeClock());
  const [first] = [take(limiter), take(limiter)];
  expect(limiter.tryTake()).toEqual({ ok: false, ms: 0, reason: 'parallel' });
  const ended = limiter.ended();
  first.settle();
  await ended;
  take(limiter);
  expect(limiter.waiting()).toEqual({ ms: 0, reason: 'parallel' });
});

const openai = (facts: Record<string, string>) =>
  Object.fromEntries(Object.entries(facts).map(([name, fact]) => [`x-ratelimit-${name}`, fact]));

test.each([
  ['OpenAI', openai({ 'remaining-requests': '0', 'reset-requests': '6m0s' }), 'requests', 360_000],
  ['OpenAI', openai({ 'remaining-tokens': '0', 'reset-tokens': '1.5s' }), 'tokens', 1_500],
  ['OpenAI', openai({ 'remaining-tokens': '0', 'reset-tokens': '120ms' }), 'tokens', 120],
  ...(['requests', 'tokens', 'input-tokens', 'output-tokens'] as const).map(
    (name) =>
      [
        'Anthropic',
        {
          [`anthropic-ratelimit-${name}-limit`]: '50',
          [`anthropic-ratelimit-${name}-remaining`]: '0',
          [`anthropic-ratelimit-${name}-reset`]: '2026-01-01T00:00:09Z',
        },
        name === 'requests' ? 'requests' : 'tokens',
        9_000,
      ] as const,
  ),
] as const)('when %s says that nothing is left, %o, it is waited for its reset', async (_, headers, reason, ms) => {
  const clock = new FakeClock();
  const limiter = createLimiter({}, clock);
  take(limiter, 10).settle();
  limiter.learn(headers, 200);
  expect(limiter.waiting()).toEqual({ ms, reason });
  await clock.advance(ms - 1);
  expect(limiter.waiting()).toEqual({ ms: 1, reason });
  await clock.advance(1);
  expect(limiter.waiting()).toBeUndefined();
});

test('what the server says is left is used up by what leaves, and by what was under way when it said so', () => {
  const limiter = createLimiter({}, new FakeClock());
  const [first] = [take(limiter, 10), take(limiter, 10)];
  limiter.learn(openai({ 'remaining-requests': '3', 'reset-requests': '9s' }));
  first.settle();
  take(limiter).settle();
  take(limiter).settle();
  expect(limiter.waiting()).toEqual({ ms: 9_000, reason: 'requests' });
});

test('a question above the whole limit of a server leaves when all of it is left', () => {
  const limiter = createLimiter({}, new FakeClock());
  const headers = { 'limit-tokens': '100', 'remaining-tokens': '99', 'reset-tokens': '1s' };
  limiter.learn(openai(headers));
  expect(limiter.waiting(500)).toEqual({ ms: 1_000, reason: 'tokens' });
  limiter.learn(openai({ ...headers, 'remaining-tokens': '100' }));
  expect(limiter.waiting(500)).toBeUndefined();
});

test.each([429, 503, 529])('Retry-After of a %i holds up everybody, whatever else its headers say', (status) => {
  const limiter = createLimiter({}, new FakeClock());
  limiter.learn({ 'retry-after': '7', ...openai({ 'remaining-tokens': '0', 'reset-tokens': '6m0s' }) }, status);
  expect(limiter.waiting()).toEqual({ ms: 7_000, reason: 'retry_after' });
  limiter.learn({ 'retry-after-ms': '20' }, status);
  expect(limiter.waiting()).toEqual({ ms: 7_000, reason: 'retry_after' });
});

test('Retry-After of another answer is for its own question only, and headers that make no sense say nothing', () => {
  const limiter = createLimiter({}, new FakeClock());
  limiter.learn({ 'retry-after': '7' }, 500);
  limiter.learn(openai({ 'remaining-requests': '0' }));
  limiter.learn(openai({ 'remaining-requests': '-1', 'reset-requests': '9s' }));
  limiter.learn(openai({ 'remaining-requests': '0', 'reset-requests': 'soon' }));
  limiter.learn(openai({ 'remaining-requests': '0', 'reset-requests': '2025-01-01T00:00:00Z' }));
  expect(limiter.waiting()).toBeUndefined();
});
