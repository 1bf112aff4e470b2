import { createServer as createTcpServer } from 'node:net';
import { OrchError } from '@orch/contracts';
import { failureOf } from '@orch/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { answers, collectAtOnce, fails, listen, serve, setUp } from './testing/http.ts';
import type { Script } from './testing/http.ts';

test('an exchange streams its text and then the whole answer, with the hooks around the request', async () => {
  const { url, seen } = await serve(answers('a', 'b'));
  const { http, request, log } = setUp(url);
  const deltas = [];
  for await (const delta of http.stream(request)) deltas.push(delta);
  const reply = { text: 'ab', finishReason: 'stop', usage: {} };
  expect(deltas).toEqual([
    { type: 'text', text: 'a' },
    { type: 'text', text: 'b' },
    { type: 'done', reply },
  ]);
  expect(log).toEqual([{ try: 1 }, { try: 1, durationMs: 0, ok: true, reply }]);
  expect(seen[0]?.method).toBe('POST');
});

test.each([
  ['seconds', { 'retry-after': '3600' }],
  ['an HTTP date', { 'retry-after': 'Thu, 01 Jan 2026 01:00:00 GMT' }],
  ['milliseconds', { 'retry-after-ms': '3600000', 'retry-after': '1' }],
])('a wait that the server asks for in %s is kept to the millisecond', async (_, headers) => {
  const { url, seen } = await serve(fails(429, headers), answers('late'));
  const { http, request, clock, log } = setUp(url);
  const paused = clock.fellAsleepFor(3_600_000);
  const work = http.collect(request);
  await paused;
  await clock.advance(3_599_999);
  expect(seen).toHaveLength(1);
  await clock.advance(1);
  expect((await work).text).toBe('late');
  expect(log).toMatchObject([
    { try: 1 },
    { ok: false, willRetry: true, error: { code: 'rate_limit' } },
    { try: 2 },
    { ok: true },
  ]);
});

test('without such a wish the pauses double, and what is given up on is final', async () => {
  const { url, seen } = await serve(fails(503));
  const { http, request, clock, log } = setUp(url);
  const work = failureOf(http.collect(request));
  for (const pause of [500, 1_000, 2_000]) {
    await clock.fellAsleepFor(pause);
    await clock.advance(pause);
  }
  expect(await work).toMatchObject({
    code: 'server',
    retryable: false,
    message: expect.stringContaining('Gave up after 4 tries'),
  });
  expect(seen).toHaveLength(4);
  expect(log.filter((entry) => 'willRetry' in entry).map((entry) => entry.willRetry)).toEqual([
    true,
    true,
    true,
    false,
  ]);
});

test.each([400, 401, 403, 404, 422])('HTTP %i is not tried again', async (status) => {
  const { url, seen } = await serve(fails(status));
  const { http, request } = setUp(url);
  expect(await failureOf(http.collect(request))).toMatchObject({ retryable: false });
  expect(seen).toHaveLength(1);
});

test.each([408, 409, 425, 500, 529])('HTTP %i is tried again', async (status) => {
  const { url } = await serve(fails(status), answers('ok'));
  const { http, request, clock } = setUp(url);
  expect((await collectAtOnce(http, request, clock)).text).toBe('ok');
});

test('a stream that is cut is a network failure: it is tried again whole, and never answered in part', async () => {
  const cut: Script = (response) => {
    response.write('{"text":"half"}\n', () => response.destroy());
  };
  const { url } = await serve(cut, answers('whole'));
  const { http, request, clock, log } = setUp(url);
  expect((await collectAtOnce(http, request, clock)).text).toBe('whole');
  expect(log[1]).toMatchObject({ ok: false, willRetry: true, error: { code: 'network' } });

  const { url: ended } = await serve((response) => response.end('{"text":"half"}\n'));
  const short = setUp(ended, { maxRetries: 0 });
  expect(await failureOf(short.http.collect(short.request))).toMatchObject({ code: 'network', retryable: false });
});

test.each([
  ['first byte', []],
  ['next chunk', ['{"text":"a"}\n']],
])('a %s that does not come in time is a timeout, and the socket is closed', async (_, before) => {
  const closed = Promise.withResolvers<void>();
  const { url } = await serve((response) => {
    response.on('close', closed.resolve);
    for (const text of before) response.write(text);
  });
  const { http, request, clock } = setUp(url, { maxRetries: 0 });
  const deltas = http.stream(request);
  for (const _ of before) await deltas.next();
  const work = failureOf(deltas.next());
  await clock.fellAsleepFor(60_000);
  await clock.advance(60_000);
  expect(await work).toMatchObject({ code: 'timeout', retryable: false });
  await closed.promise;
});

test('a slow stream is not cut while something arrives in time, nor while its reader takes its time', async () => {
  let send: (text: string) => void = () => {};
  const { url } = await serve((response) => {
    send = (text) => void response.write(text);
    send('{"text":"a"}\n');
  });
  const { http, request, clock } = setUp(url);
  const deltas = http.stream(request);
  await deltas.next();
  await clock.advance(600_000);
  for (const next of ['{"text":"b"}\n', '{"text":"c"}\n', '{"done":true}\n']) {
    const delta = deltas.next();
    await clock.advance(59_000);
    send(next);
    await delta;
  }
  expect(await deltas.next()).toEqual({ done: true, value: undefined });
});

test('a cancel closes the socket at once, is told to the hook, and hands on the reason it was given', async () => {
  const arrived = Promise.withResolvers<void>();
  const closed = Promise.withResolvers<void>();
  const { url } = await serve((response) => arrived.resolve(void response.on('close', closed.resolve)));
  const { http, request, cancel, log } = setUp(url);
  const work = failureOf(http.collect(request));
  await arrived.promise;
  const reason = new OrchError('interrupted', 'Ctrl-C');
  cancel.abort(reason);
  expect(await work).toBe(reason);
  await closed.promise;
  expect(log).toMatchObject([{ try: 1 }, { ok: false, willRetry: false, error: { code: 'interrupted' } }]);
});

test('a reader that stops early closes the socket, and the hook learns of it', async () => {
  let closed: Promise<void> | undefined;
  const { url } = await serve((response) => {
    closed = new Promise((resolve) => response.on('close', resolve));
    response.write('{"text":"a"}\n');
  });
  const { http, request, log } = setUp(url);
  for await (const delta of http.stream(request)) {
    expect(delta).toEqual({ type: 'text', text: 'a' });
    break;
  }
  await closed;
  expect(log[1]).toMatchObject({ ok: false, error: { code: 'canceled' } });
});

test('a cancel during the pause before a retry ends it', async () => {
  const { url } = await serve(fails(503, { 'retry-after': '100' }));
  const { http, request, clock, cancel } = setUp(url);
  const paused = clock.fellAsleepFor(100_000);
  const work = failureOf(http.collect(request));
  await paused;
  cancel.abort();
  expect(await work).toMatchObject({ code: 'canceled' });
  expect(clock.sleeping).toBe(0);
});

test('five failures in a row open the circuit; after the cooldown one call tries, and closes it', async () => {
  const { url, seen } = await serve(...Array.from({ length: 5 }, () => fails(500)), answers('well again'));
  const { http, request, clock, log } = setUp(url, { maxRetries: 0 });
  for (let call = 1; call <= 5; call++) await failureOf(http.collect(request));
  const refused = await failureOf(http.collect(request));
  expect(refused).toMatchObject({ code: 'circuit_open', retryable: false, details: { wait_ms: 30_000 } });
  expect(refused.message).toContain('HTTP 500');
  expect(seen).toHaveLength(5);
  await clock.advance(30_000);
  expect((await http.collect(request)).text).toBe('well again');
  expect(log.filter((entry) => 'type' in entry)).toEqual([
    { type: 'circuit.opened', cooldownMs: 30_000 },
    { type: 'circuit.half_open' },
    { type: 'circuit.closed' },
  ]);
});

test('a failure that opens the circuit is not retried but told as an outage, and other models go on', async () => {
  const { url, seen } = await serve(fails(500), answers('other'));
  const { http, request, log } = setUp(url, { breaker: { threshold: 1, cooldownMs: 1_000 } });
  expect(await failureOf(http.collect(request))).toMatchObject({
    code: 'circuit_open',
    retryable: false,
    message: expect.stringContaining('HTTP 500') as string,
    details: { failed_trials: 0, wait_ms: 1_000 },
  });
  expect(log.at(-1)).toMatchObject({ ok: false, willRetry: false });
  expect((await http.collect({ ...request, circuit: 'another' })).text).toBe('other');
  expect(seen).toHaveLength(2);
});

test('a hook that says no is final, and nothing is sent', async () => {
  const { url, seen } = await serve(answers('never'));
  const { http, request } = setUp(url);
  const no = new OrchError('budget', 'no money');
  const context = { ...request.context, beforeRequest: () => Promise.reject(no) };
  expect(await failureOf(http.collect({ ...request, context }))).toBe(no);
  expect(seen).toHaveLength(0);
});

test('the answer is handed out only after the hook has it', async () => {
  const { url } = await serve(answers('paid'));
  const { http, request } = setUp(url);
  const context = { ...request.context, afterRequest: () => Promise.reject(new OrchError('io', 'disc full')) };
  expect(await failureOf(http.collect({ ...request, context }))).toMatchObject({ code: 'io' });
});

test('a server that is not there is a network failure that names it', async () => {
  const url = await listen(createTcpServer().on('connection', (socket) => socket.destroy()));
  const { http, request } = setUp(url, { maxRetries: 0 });
  expect(await failureOf(http.collect(request))).toMatchObject({
    code: 'network',
    message: expect.stringContaining(url),
  });
});

test('a connection that is not made in time is a network failure', async () => {
  const silent = createTcpServer((socket) => void onTestFinished(() => void socket.destroy()));
  const url = (await listen(silent)).replace('http:', 'https:');
  const { http, request } = setUp(url, { maxRetries: 0, connectMs: 50 });
  expect(await failureOf(http.collect(request))).toMatchObject({ code: 'network' });
});

test('json asks without hooks, and says when the answer is no JSON', async () => {
  const { url, seen } = await serve(
    (response) => response.end('{"models":[]}'),
    (response) => response.end('<html>'),
  );
  const { http, request, log } = setUp(url, { maxRetries: 0 });
  const question = { url, context: request.context };
  expect(await http.json(question)).toEqual({ models: [] });
  expect(await failureOf(http.json(question))).toMatchObject({ code: 'bad_response', retryable: false });
  expect(seen[0]?.method).toBe('GET');
  expect(log).toEqual([]);
});

test('connections are used again', async () => {
  const { url, seen } = await serve(answers('a'));
  const { http, request } = setUp(url);
  for (let call = 0; call < 20; call++) await http.collect(request);
  expect(new Set(seen.map(({ socket }) => socket.remotePort)).size).toBeLessThan(4);
});
