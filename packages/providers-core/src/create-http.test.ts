import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import { inspect } from 'node:util';
import { OrchError } from '@orch/contracts';
import type { ProviderContext, ProviderNotice, Reply, SentRequest, SentResult } from '@orch/contracts';
import { FakeClock } from '@orch/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { createHttp } from './create-http.ts';
import { decodeNdjson } from './decode-ndjson.ts';
import type { Http, HttpPolicy, StreamRequest, AnswerDelta } from './http.ts';
import { cutStream } from './network-error.ts';

/** A clock that tells when somebody falls asleep for so long. */
class WatchedClock extends FakeClock {
  readonly #sleeps = new Map<number, PromiseWithResolvers<void>>();

  override sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const asleep = super.sleep(ms, signal);
    this.#first(ms).resolve();
    return asleep;
  }

  fellAsleepFor(ms: number): Promise<void> {
    return this.#first(ms).promise;
  }

  #first(ms: number): PromiseWithResolvers<void> {
    const first = this.#sleeps.get(ms) ?? Promise.withResolvers<void>();
    this.#sleeps.set(ms, first);
    return first;
  }
}

type Script = (response: ServerResponse, request: IncomingMessage) => void;

/** A server that answers the first request by the first script, and those after the last by the last. */
async function serve(...scripts: Script[]) {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    const script = scripts[Math.min(seen.length, scripts.length - 1)];
    seen.push(request);
    request.resume().on('end', () => script?.(response, request));
  });
  const url = await listen(server);
  onTestFinished(() => server.closeAllConnections());
  return { url, seen };
}

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const answers =
  (...words: string[]): Script =>
  (response) => {
    const lines = [...words.map((text) => ({ text })), { done: true }];
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  };

const fails =
  (status: number, headers: Record<string, string> = {}, body = '{"error":"no"}'): Script =>
  (response) => {
    response.writeHead(status, headers).end(body);
  };

function setUp(url: string, policy: Partial<HttpPolicy> = {}) {
  const clock = new WatchedClock();
  const limits = { timeoutMs: 60_000, maxRetries: 3, breaker: { threshold: 5, cooldownMs: 30_000 } };
  const http = createHttp({ ...limits, ...policy }, { clock, random: () => 1 });
  onTestFinished(() => http.close());
  const log: (SentRequest | SentResult | ProviderNotice)[] = [];
  const cancel = new AbortController();
  const context: ProviderContext = {
    signal: cancel.signal,
    clock,
    beforeRequest: async (sent) => void log.push(sent),
    afterRequest: async (result) => void log.push(result),
    onNotice: (notice) => void log.push(notice),
  };
  const request: StreamRequest = { url, body: { question: 'why' }, context, circuit: 'model', read };
  return { clock, http, log, cancel, request };
}

async function* read({ chunks }: { chunks: AsyncIterable<Uint8Array> }): AsyncGenerator<AnswerDelta, Reply> {
  let text = '';
  for await (const line of decodeNdjson(chunks) as AsyncIterable<{ text: string; done?: true }>) {
    if (line.done) return { text, finishReason: 'stop', usage: {} };
    text += line.text;
    yield { type: 'text', text: line.text };
  }
  throw cutStream();
}

const failureOf = (work: Promise<unknown>): Promise<OrchError> =>
  work.then(
    () => expect.unreachable('expected a failure'),
    (error: unknown) => error as OrchError,
  );

/** Retries without waiting: each pause is jumped over as soon as it begins. */
async function collectAtOnce(http: Http, request: StreamRequest, clock: WatchedClock): Promise<Reply> {
  let over = false;
  const work = http.collect(request).finally(() => (over = true));
  const hurry = async () => {
    while (!over) await clock.advance(1_000);
  };
  const [reply] = await Promise.all([work, hurry()]);
  return reply;
}

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

test('a failure that opens the circuit is not retried, and other models go on', async () => {
  const { url, seen } = await serve(fails(500), answers('other'));
  const { http, request, log } = setUp(url, { breaker: { threshold: 1, cooldownMs: 1_000 } });
  expect(await failureOf(http.collect(request))).toMatchObject({ code: 'server' });
  expect(log.at(-1)).toMatchObject({ willRetry: false });
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

test('a redirect is refused, and its target is named without its secrets', async () => {
  const { url, seen } = await serve(fails(302, { location: 'https://evil.example/?token=abc' }));
  const { http, request } = setUp(url);
  const error = await failureOf(http.collect(request));
  expect(error).toMatchObject({
    code: 'unconfigured',
    message: expect.stringContaining('a redirect to https://evil.example.'),
  });
  expect(seen).toHaveLength(1);
});

test('a key that the server echoes does not appear in the error', async () => {
  const key = 'plain-words-as-a-key';
  const { url } = await serve(
    fails(401, {}, JSON.stringify({ error: { message: `Incorrect API key ${key}`, code: key } })),
  );
  const { http, request, log } = setUp(url);
  const error = await failureOf(http.collect({ ...request, headers: { authorization: `Bearer ${key}` } }));
  expect(error).toMatchObject({ code: 'auth', message: expect.stringContaining('Incorrect API key [hidden]') });
  expect(inspect([error, log], { depth: 9 })).not.toContain(key);

  const { url: broken } = await serve((response) => response.end(`${' '.repeat(190)}${key}\n`));
  const inStream = setUp(broken, { maxRetries: 0 });
  const request2 = { ...inStream.request, headers: { authorization: `Bearer ${key}` } };
  expect(inspect(await failureOf(inStream.http.collect(request2)), { depth: 9 })).not.toContain(key.slice(0, 10));
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
