import { inspect } from 'node:util';
import { LLMock } from '@copilotkit/aimock';
import { all, failureOf, mockModel, resting, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, open, says, start, text, toSse, whole } from './testing/exchange.ts';

test('an independent mock answers: text, calls of tools, and the list of its models', async () => {
  const mock = await mockModel();
  mock.onMessage('Look.', { toolCalls: [{ id: 'toolu_9', name: 'weather', arguments: '{"town":"Ulm"}' }] });
  const { anthropic, context } = open({ baseUrl: mock.url, apiKey: 'mock' });
  expect(await anthropic.complete(ask(), context)).toMatchObject({ text: 'Because it is so.', finishReason: 'stop' });
  const tools = [{ name: 'weather', inputSchema: { type: 'object' } }];
  const looked = await anthropic.complete(ask({ messages: [{ role: 'user', content: 'Look.' }], tools }), context);
  expect(looked).toMatchObject({
    toolCalls: [{ id: 'toolu_9', name: 'weather', arguments: '{"town":"Ulm"}' }],
    finishReason: 'tool_calls',
  });
  expect(await anthropic.models?.(context)).toContainEqual({ id: expect.stringMatching(/^claude-/) });
});

test.each([
  [429, 'rate_limit_error', { ms: 1_000, reason: 'retry_after' }],
  [500, 'api_error', { ms: 250, reason: 'backoff' }],
  [503, 'api_error', { ms: 250, reason: 'backoff' }],
  [529, 'overloaded_error', { ms: 250, reason: 'backoff' }],
])('HTTP %i: asked again, after the time that the server names', async (status, type, wanted) => {
  const mock = await mockModel();
  mock.nextRequestError(status, { message: 'not now', type });
  const { anthropic, context, clock } = open({ baseUrl: mock.url, maxRetries: 1 });
  const { rests, rest } = resting(clock);
  expect(await anthropic.complete(ask(), { ...context, rest })).toMatchObject({ text: 'Because it is so.' });
  expect(rests[0]).toEqual(wanted);
});

test('an error in the middle of a stream is asked again as one outside of it', async () => {
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  const { url, seen } = await serve((response) =>
    says(...(seen.length > 1 ? whole : [start, ...text(0, 'Be'), overloaded]))(response),
  );
  const { anthropic, context, clock } = open({ baseUrl: url, maxRetries: 1 });
  const { rests, rest } = resting(clock);
  expect(await anthropic.complete(ask(), { ...context, rest })).toMatchObject({ text: 'Because it is.' });
  expect(rests).toEqual([{ ms: 250, reason: 'backoff' }]);
});

test.each([
  ['seconds', '3600'],
  ['a date', new Date(Date.UTC(2026, 0, 1, 1)).toUTCString()],
])('Retry-After in %s is waited for, an hour too', async (_, retryAfter) => {
  const { url, seen } = await serve((response) => {
    if (seen.length > 1) return says(...whole)(response);
    const error = {
      type: 'error',
      error: { type: 'rate_limit_error', message: 'This request would exceed your limit' },
    };
    return response.writeHead(429, { 'retry-after': retryAfter }).end(JSON.stringify(error));
  });
  const { anthropic, context, clock } = open({ baseUrl: url, maxRetries: 1 });
  const { rests, rest } = resting(clock);
  expect(await anthropic.complete(ask(), { ...context, rest })).toMatchObject({ finishReason: 'stop' });
  expect(rests).toEqual([{ ms: 3_600_000, reason: 'retry_after' }]);
});

test.each([
  ['cut off', { chunkSize: 5, truncateAfterChunks: 4 }, 'network'],
  ['of something else', { chaos: { malformedRate: 1 } }, 'bad_response'],
])('an answer that is %s is no answer, and asked for again', async (_, fault, code) => {
  const mock = await mockModel(fault);
  const { anthropic, context, clock } = open({ baseUrl: mock.url, maxRetries: 1 });
  const { rests, rest } = resting(clock);
  const error = await failureOf(anthropic.complete(ask(), { ...context, rest }));
  expect(error).toMatchObject({ code, retryable: false });
  expect(rests).toHaveLength(1);
});

test.each([
  ['ends before message_stop', toSse(whole.slice(0, -1)), 'network'],
  ['has an event that is no JSON', `${toSse([start])}event: content_block_delta\ndata: {"type": \n\n`, 'bad_response'],
])('a stream that %s is no answer', async (_, body, code) => {
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'text/event-stream');
    response.end(body);
  });
  const { anthropic, context } = open({ baseUrl: url });
  expect(await failureOf(anthropic.complete(ask(), context))).toMatchObject({ code });
  expect(await failureOf(all(anthropic.stream(ask(), context)))).toMatchObject({ code });
});

test('a server that says nothing is given up after the time for its first byte', async () => {
  const mock = await mockModel({ chaos: { latencyMs: 30_000 } });
  const { anthropic, context, clock } = open({ baseUrl: mock.url, timeoutMs: 20_000 });
  const left = Promise.withResolvers<void>();
  const failure = failureOf(anthropic.complete(ask(), { ...context, beforeRequest: async () => left.resolve() }));
  await left.promise;
  await clock.advance(19_999);
  expect(clock.sleeping).toBeGreaterThan(0);
  await clock.advance(1);
  expect(await failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('20 s') });
});

test('chunks may be slow, each in its own time; one that does not come ends the wait', async () => {
  let write: (events: Parameters<typeof toSse>[0]) => void = () => {};
  const { url } = await serve((response) => {
    write = (events) => void response.write(toSse(events));
    response.setHeader('content-type', 'text/event-stream');
    write([start, ...text(0, 'Be')]);
  });
  const { anthropic, context, clock } = open({ baseUrl: url, timeoutMs: 20_000 });
  const parts = anthropic.stream(ask(), context)[Symbol.asyncIterator]();
  expect((await parts.next()).value).toMatchObject({ text: 'Be' });
  for (const piece of ['cau', 'se']) {
    const next = parts.next();
    await clock.advance(19_000);
    write(text(1, piece));
    expect((await next).value).toMatchObject({ text: piece });
  }
  const last = failureOf(parts.next());
  await clock.advance(20_000);
  expect(await last).toMatchObject({ code: 'timeout' });
});

test('nobody there: nothing listens, or the name leads nowhere', async () => {
  const mock = new LLMock({ port: 0 });
  await mock.start();
  const { url } = mock;
  await mock.stop();
  for (const nowhere of [url, 'http://anthropic.invalid']) {
    const { anthropic, context } = open({ baseUrl: nowhere });
    const wanted = { code: 'network', message: expect.stringContaining(nowhere) };
    expect(await failureOf(anthropic.complete(ask(), context))).toMatchObject(wanted);
    expect(await failureOf(anthropic.check('claude-x', context))).toMatchObject(wanted);
  }
});

test.each([{ apiVersion: '2023-06-01' }, { apiVersion: '2026-10-21' }])(
  'a key that the server says again is not told on: %o',
  async (settings) => {
    const { url } = await serve((response, { headers }) => {
      const message = `invalid key ${headers['x-api-key']?.toString() ?? headers.authorization}`;
      response.writeHead(401).end(JSON.stringify({ type: 'error', error: { type: 'authentication_error', message } }));
    });
    const { anthropic, context } = open({ baseUrl: url, apiKey: 'very-much-secret', ...settings });
    const error = await failureOf(anthropic.complete(ask(), context));
    expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('ANTHROPIC_API_KEY') });
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
  },
);
