import { LLMock } from '@copilotkit/aimock';
import type { OrchError } from '@orch/contracts';
import { failureOf, mockModel, resting, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, chunk, open, says } from './testing/exchange.ts';

const whole = says(chunk({ content: 'So.' }), chunk({}, 'stop'), '[DONE]');

test.each([429, 500, 503])('HTTP %i: asked again, after the time that the server names', async (status) => {
  const mock = await mockModel();
  mock.nextRequestError(status, { message: 'not now' });
  const { mlx, context, clock } = open(`${mock.url}/v1`, { maxRetries: 1 });
  const { rests, rest } = resting(clock);
  expect(await mlx.complete(ask(), { ...context, rest })).toMatchObject({ text: 'Because it is so.' });
  expect(rests).toEqual([status === 429 ? { ms: 1_000, reason: 'retry_after' } : { ms: 250, reason: 'backoff' }]);
});

test.each([
  ['seconds', '3600'],
  ['a date', new Date(Date.UTC(2026, 0, 1, 1)).toUTCString()],
])('Retry-After in %s is waited for, an hour too', async (_, retryAfter) => {
  const { url, seen } = await serve((response) => {
    if (seen.length > 1) return whole(response);
    return response.writeHead(429, { 'retry-after': retryAfter }).end('{"error":"too many requests"}');
  });
  const { mlx, context, clock } = open(url, { maxRetries: 1 });
  const { rests, rest } = resting(clock);
  expect(await mlx.complete(ask(), { ...context, rest })).toMatchObject({ finishReason: 'stop' });
  expect(rests).toEqual([{ ms: 3_600_000, reason: 'retry_after' }]);
});

test.each([
  ['cut off', { chunkSize: 5, truncateAfterChunks: 2 }, 'network'],
  ['of something else', { chaos: { malformedRate: 1 } }, 'bad_response'],
])('an answer that is %s is no answer, and asked for again', async (_, fault, code) => {
  const mock = await mockModel(fault);
  const { mlx, context, clock } = open(`${mock.url}/v1`, { maxRetries: 1 });
  const { rests, rest } = resting(clock);
  const error = await failureOf(mlx.complete(ask(), { ...context, rest }));
  expect(error).toMatchObject({ code, retryable: false });
  expect(rests).toHaveLength(1);
});

test('a chunk that is no JSON in the middle of an answer is no answer', async () => {
  const { url } = await serve(says(chunk({ content: 'Be' }), '{"choices": [', chunk({}, 'stop'), '[DONE]'));
  const { mlx, context } = open(url);
  expect(await failureOf(mlx.complete(ask(), context))).toMatchObject({ code: 'bad_response' });
});

test('a server that says nothing is given up after the time for its first byte', async () => {
  const mock = await mockModel({ chaos: { latencyMs: 30_000 } });
  const { mlx, context, clock } = open(`${mock.url}/v1`, { timeoutMs: 20_000 });
  const left = Promise.withResolvers<void>();
  const failure = failureOf(mlx.complete(ask(), { ...context, beforeRequest: async () => left.resolve() }));
  await left.promise;
  await clock.advance(19_999);
  expect(clock.sleeping).toBe(1);
  await clock.advance(1);
  expect(await failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('20 s') });
});

test('chunks may be slow, each in its own time; one that does not come ends the wait', async () => {
  let write: (text: string) => void = () => {};
  const { url } = await serve((response) => {
    write = (content) => void response.write(`data: ${JSON.stringify(chunk({ content }))}\n\n`);
    response.setHeader('content-type', 'text/event-stream');
    write('Be');
  });
  const { mlx, context, clock } = open(url, { timeoutMs: 20_000 });
  const parts = mlx.stream(ask(), context)[Symbol.asyncIterator]();
  expect((await parts.next()).value).toMatchObject({ text: 'Be' });
  for (const piece of ['cau', 'se']) {
    const next = parts.next();
    await clock.advance(19_000);
    write(piece);
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
  for (const nowhere of [url, 'http://mlx.invalid']) {
    const { mlx, context } = open(nowhere);
    const error = await failureOf(mlx.complete(ask(), context));
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining(nowhere) });
    expect(error.hint).toContain('MLX_BASE_URL');
    expect(await failureOf(mlx.check('llama', context))).toMatchObject({ code: 'network' });
    expect(await failureOf(mlx.models?.(context) ?? Promise.resolve())).toMatchObject({ code: 'network' });
  }
});

test('a server that broke off was there: nobody is told to start it', async () => {
  const { url } = await serve((response) => {
    response
      .setHeader('content-type', 'text/event-stream')
      .write(`data: ${JSON.stringify(chunk({ content: 'Be' }))}\n\n`);
    setImmediate(() => response.destroy());
  });
  const { mlx, context } = open(url);
  const error = await failureOf(mlx.complete(ask(), context));
  expect([error.code, error.hint]).toEqual(['network', undefined]);
});

type Wanted = Partial<Pick<OrchError, 'code' | 'retryable'>> & { readonly hint?: unknown };

test.each<[number, string, Wanted]>([
  [
    404,
    '401 Client Error. Repository Not Found for url',
    { code: 'model_missing', hint: expect.stringContaining('hf download mlx-community/Qwen') },
  ],
  [400, 'Invalid JSON in request body: Expecting value', { code: 'bad_request' }],
  [500, 'Prompt exceeds max prompt token limit', { code: 'server' }],
  [503, 'kIOGPUCommandBufferCallbackErrorOutOfMemory', { code: 'server' }],
])('HTTP %i with the server’s own body {"error": "%s"}', async (status, text, wanted) => {
  const { url } = await serve((response) => response.writeHead(status).end(JSON.stringify({ error: text })));
  const { mlx, context } = open(url);
  const error = await failureOf(mlx.complete(ask(), context));
  expect(error).toMatchObject({ ...wanted, message: expect.stringContaining(text) });
});
