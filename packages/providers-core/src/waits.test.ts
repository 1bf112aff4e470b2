import { OrchError } from '@orch/contracts';
import type { ProviderContext, Resilience, Rest } from '@orch/contracts';
import { failureOf } from '@orch/testkit';
import { expect, test } from 'vitest';
import { mapWhole } from './body-reader.ts';
import { answers, fails, serve, setUp } from './testing/http.ts';
import type { Script } from './testing/http.ts';

type RestHook = NonNullable<ProviderContext['rest']>;

/** A caller that lends waits nothing, and keeps what they are for. */
function rests() {
  const told: Rest[] = [];
  const rest: RestHook = (what, wait) => {
    told.push(what);
    return wait();
  };
  return { told, rest };
}

test('a wait over 50 ms is handed over, with what it is for; a shorter one is not', async () => {
  const { url } = await serve(
    fails(503),
    fails(429, { 'retry-after': '90' }),
    fails(429, { 'retry-after-ms': '50' }),
    answers('ok'),
  );
  const { http, request, clock } = setUp(url);
  const { told, rest } = rests();
  const work = http.collect({ ...request, context: { ...request.context, rest } });
  for (const pause of [500, 90_000, 50]) {
    await clock.fellAsleepFor(pause);
    await clock.advance(pause);
  }
  expect((await work).text).toBe('ok');
  expect(told).toEqual([
    { ms: 500, reason: 'backoff' },
    { ms: 90_000, reason: 'retry_after' },
  ]);
});

test.each([
  ['Retry-After', fails(429, { 'retry-after': '90' }), 'rate_limit'],
  ['a backoff', fails(500), 'server'],
])('%s that would end after the deadline fails at once with what it waits for', async (_, script, code) => {
  const { url, seen } = await serve(script);
  const { http, request, log } = setUp(url);
  const error = await failureOf(http.collect({ ...request, context: { ...request.context, deadline: 499 } }));
  expect(error).toMatchObject({ code, retryable: false });
  expect(error.message.includes('it asks to wait 90 s')).toBe(code === 'rate_limit');
  expect(log.at(-1)).toMatchObject({ willRetry: false });
  expect(seen).toHaveLength(1);
});

test('requests keep the limit of their model: who comes first leaves first, and other models go on', async () => {
  const { url, seen } = await serve(answers('ok'));
  const { http, request, clock } = setUp(url, { limits: { requestsPerMinute: 1 } });
  const { told, rest } = rests();
  const context = { ...request.context, rest };
  await http.collect({ ...request, context });
  expect(http.waiting('model')).toEqual({ ms: 60_000, reason: 'requests' });
  expect(http.waiting('other')).toBeUndefined();
  await http.collect({ ...request, circuit: 'other' });
  const order: string[] = [];
  const next = ['second', 'third'].map(async (name) => {
    await http.collect({ ...request, context });
    order.push(name);
  });
  await clock.advance(59_999);
  expect(seen).toHaveLength(2);
  await clock.advance(1);
  await next[0];
  expect(order).toEqual(['second']);
  await clock.advance(60_000);
  await next[1];
  expect(seen).toHaveLength(4);
  expect(told.map(({ reason }) => reason)).toEqual(['requests', 'requests']);
});

test('a large question is not overtaken for ever by small ones', async () => {
  const { url } = await serve(answers('ok'));
  const { http, request, clock } = setUp(url, { limits: { tokensPerMinute: 100 } });
  await http.collect({ ...request, tokens: 80 });
  const order: string[] = [];
  const large = http.collect({ ...request, tokens: 60 }).then(() => order.push('large'));
  const small = http.collect({ ...request, tokens: 10 }).then(() => order.push('small'));
  await clock.advance(60_000);
  await large;
  await small;
  expect(order).toEqual(['large', 'small']);
});

test('a wait for a limit that would end after the deadline fails at once; one that is canceled ends', async () => {
  const { url, seen } = await serve(answers('ok'));
  const { http, request, clock, cancel } = setUp(url, { limits: { requestsPerMinute: 1 } });
  await http.collect(request);
  const late = await failureOf(http.collect({ ...request, context: { ...request.context, deadline: 59_999 } }));
  expect(late).toMatchObject({ code: 'rate_limit', message: expect.stringContaining('requests leaves room in 60 s') });
  const waiting = [1, 2].map(() => failureOf(http.collect(request)));
  cancel.abort();
  for (const error of await Promise.all(waiting)) expect(error).toMatchObject({ code: 'canceled' });
  expect([clock.sleeping, seen.length]).toEqual([0, 1]);
  await clock.advance(60_000);
  const { signal } = new AbortController();
  expect((await http.collect({ ...request, context: { ...request.context, signal } })).text).toBe('ok');
});

test('at most so many are asked at once, and the next one leaves when one has ended', async () => {
  const open: (() => void)[] = [];
  const arrived = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { url, seen } = await serve((response, sent) => {
    open.push(() => answers('ok')(response, sent));
    arrived[open.length - 1]?.resolve();
  });
  const { http, request } = setUp(url, { limits: { maxParallel: 1 } });
  const { told, rest } = rests();
  const context = { ...request.context, rest };
  const first = http.collect({ ...request, context });
  await arrived[0]?.promise;
  const second = http.collect({ ...request, context });
  await new Promise((resolve) => setImmediate(resolve));
  expect([seen.length, told]).toEqual([1, [{ ms: 0, reason: 'parallel' }]]);
  open[0]?.();
  await first;
  await arrived[1]?.promise;
  open[1]?.();
  expect((await second).text).toBe('ok');
});

test('what a server says of its limits, and Retry-After, hold up the questions that come after', async () => {
  const { url } = await serve(
    (response, sent) => {
      response.setHeader('x-ratelimit-remaining-requests', '0');
      response.setHeader('x-ratelimit-reset-requests', '2m0s');
      answers('last')(response, sent);
    },
    fails(429, { 'retry-after': '30' }),
  );
  const { http, request, clock } = setUp(url, { maxRetries: 0 });
  await http.collect(request);
  expect(http.waiting('model')).toEqual({ ms: 120_000, reason: 'requests' });
  const refused = failureOf(http.collect(request));
  await clock.advance(120_000);
  expect(await refused).toMatchObject({ code: 'rate_limit' });
  expect(http.waiting('model')).toEqual({ ms: 30_000, reason: 'retry_after' });
});

test('a question that never left, and tokens that were not needed, give their room back', async () => {
  const { url } = await serve(answers('ok'));
  const { http, request } = setUp(url, { limits: { requestsPerMinute: 1 } });
  const no = { ...request.context, beforeRequest: () => Promise.reject(new Error('no')) };
  await failureOf(http.collect({ ...request, context: no }));
  expect(http.waiting('model')).toBeUndefined();
});

test('who waits for tokens leaves as soon as an answer took fewer than were counted', async () => {
  const first = Promise.withResolvers<void>();
  const { url, seen } = await serve(
    (...sent) => void first.promise.then(() => answers('short')(...sent)),
    answers('ok'),
  );
  const { http, request, clock } = setUp(url, { timeoutMs: 90_000, limits: { tokensPerMinute: 100 } });
  const { told, rest } = rests();
  const read = () => mapWhole(request.read({}), (reply) => ({ ...reply, usage: { tokensIn: 1, tokensOut: 1 } }));
  const asked = { ...request, read, tokens: 80, context: { ...request.context, rest } };
  const [before, after] = [http.collect(asked), http.collect(asked)];
  await clock.fellAsleepFor(60_000);
  first.resolve();
  await Promise.all([before, after]);
  expect([seen.length, told.length, clock.monotonic(), clock.sleeping]).toEqual([2, 1, 0, 0]);
});

test('a signal that a wait was given ends it, and the exchange with its reason', async () => {
  const { url, seen } = await serve(fails(429, { 'retry-after': '3600' }));
  const { http, request, clock } = setUp(url);
  const stop = new AbortController();
  const rest: RestHook = (_, wait) => wait(stop.signal);
  const work = failureOf(http.collect({ ...request, context: { ...request.context, rest } }));
  await clock.fellAsleepFor(3_600_000);
  stop.abort(new OrchError('interrupted', 'Enough.'));
  expect(await work).toMatchObject({ code: 'interrupted' });
  expect([seen.length, clock.sleeping]).toEqual([1, 0]);
});

test('an open circuit is told at once, not after a wait for room', async () => {
  const { url } = await serve(fails(500));
  const { http, request } = setUp(url, {
    maxRetries: 0,
    limits: { requestsPerMinute: 1 },
    breaker: { threshold: 1, cooldownMs: 90_000 },
  });
  await failureOf(http.collect(request));
  expect(await failureOf(http.collect(request))).toMatchObject({ code: 'circuit_open' });
});

const silent: Script = () => {};
const trickles =
  (...texts: string[]): Script =>
  (response) => {
    for (const text of texts) response.write(`{"text":"${text}"}\n`);
  };

test.each([
  ['first byte', silent, { firstByteMs: 10_000 }, { firstByteMs: 3_000 }, 3_000, '`first_byte_s`'],
  ['first byte', silent, { betweenChunksMs: 61_000 }, {}, 60_000, 'PROVIDER_TIMEOUT_S'],
  ['next chunk', trickles('a'), { betweenChunksMs: 2_000 }, {}, 2_000, '`between_chunks_s`'],
  ['next chunk', trickles('a'), { betweenChunksMs: 9_000 }, { betweenChunksMs: 1_000 }, 1_000, '`between_chunks_s`'],
  ['next chunk', trickles('a'), { totalMs: 70_000 }, {}, 60_000, 'PROVIDER_TIMEOUT_S'],
  ['end', trickles('a'), { totalMs: 5_000 }, {}, 5_000, '`total_s`'],
  ['end', silent, {}, { totalMs: 4_000 }, 4_000, '`total_s`'],
])(
  'the %s is waited for as long as is set, by the question over the provider',
  async (_, script, own: Resilience, asked: Resilience, ms, setting) => {
    const { url } = await serve(script);
    const { http, request, clock } = setUp(url, { maxRetries: 0, resilience: own });
    const deltas = http.stream({ ...request, resilience: asked });
    if (script !== silent) await deltas.next();
    const work = failureOf(deltas.next());
    await clock.fellAsleepFor(Math.min(ms, own.betweenChunksMs ?? 60_000));
    await clock.advance(ms - 1);
    const [early] = await Promise.all([Promise.race([work, Promise.resolve('still waits')])]);
    expect(early).toBe('still waits');
    await clock.advance(1);
    const message = expect.stringContaining(`within ${ms / 1000} s`);
    expect(await work).toMatchObject({ code: 'timeout', message, hint: expect.stringContaining(`Raise ${setting}`) });
  },
);

test('a stream that goes on has no end to keep unless one is set', async () => {
  const { url } = await serve((response) => {
    response.write('{"text":"a"}\n');
    setImmediate(() => response.write('{"text":"b"}\n{"done":true}\n'));
  });
  const { http, request, clock } = setUp(url);
  const deltas = http.stream(request);
  await deltas.next();
  await clock.advance(3_600_000);
  expect(await deltas.next()).toMatchObject({ value: { text: 'b' } });
});

test('how often is tried is set for the question, over the provider', async () => {
  const { url, seen } = await serve(fails(500, { 'retry-after': '0' }));
  const { http, request } = setUp(url, { resilience: { maxRetries: 3 } });
  await failureOf(http.collect({ ...request, resilience: { maxRetries: 1 } }));
  expect(seen).toHaveLength(2);
});
