import { LLMock } from '@copilotkit/aimock';
import type { OrchError } from '@orch/contracts';
import { failureOf, mockModel, resting, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, done, open, says } from './testing/exchange.ts';

test.each([429, 500, 503])('HTTP %i: asked again, after the time that the server names', async (status) => {
  const mock = await mockModel();
  mock.nextRequestError(status, { message: 'not now' });
  const { ollama, context, clock } = open(mock.url, { maxRetries: 1 });
  const { rests, rest } = resting(clock);
  expect(await ollama.complete(ask(), { ...context, rest })).toMatchObject({ text: 'Because it is so.' });
  expect(rests).toEqual([status === 429 ? { ms: 1_000, reason: 'retry_after' } : { ms: 250, reason: 'backoff' }]);
});

test.each([
  ['seconds', '3600'],
  ['a date', new Date(Date.UTC(2026, 0, 1, 1)).toUTCString()],
])('Retry-After in %s is waited for, an hour too', async (_, retryAfter) => {
  const { url, seen } = await serve((response) => {
    if (seen.length > 1) return says(done)(response);
    return response.writeHead(429, { 'retry-after': retryAfter }).end('{"error":"too many requests"}');
  });
  const { ollama, context, clock } = open(url, { maxRetries: 1 });
  const { rests, rest } = resting(clock);
  expect(await ollama.complete(ask(), { ...context, rest })).toMatchObject({ finishReason: 'stop' });
  expect(rests).toEqual([{ ms: 3_600_000, reason: 'retry_after' }]);
});

test.each([
  ['cut off', { chunkSize: 5, truncateAfterChunks: 2 }, 'network'],
  ['of something else', { chaos: { malformedRate: 1 } }, 'bad_response'],
])('an answer that is %s is no answer, and asked for again', async (_, fault, code) => {
  const mock = await mockModel(fault);
  const { ollama, context, clock } = open(mock.url, { maxRetries: 1 });
  const { rests, rest } = resting(clock);
  const error = await failureOf(ollama.complete(ask(), { ...context, rest }));
  expect(error).toMatchObject({ code, retryable: false });
  expect(rests).toHaveLength(1);
});

test('a line that is no JSON in the middle of an answer is no answer', async () => {
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'application/x-ndjson');
    response.end(`${JSON.stringify({ message: { content: 'Be' } })}\n{"message": {\n${JSON.stringify(done)}\n`);
  });
  const { ollama, context } = open(url);
  expect(await failureOf(ollama.complete(ask(), context))).toMatchObject({ code: 'bad_response' });
});

test('a server that says nothing is given up after the time for its first byte', async () => {
  const mock = await mockModel({ chaos: { latencyMs: 30_000 } });
  const { ollama, context, clock } = open(mock.url, { timeoutMs: 20_000 });
  const left = Promise.withResolvers<void>();
  const failure = failureOf(ollama.complete(ask(), { ...context, beforeRequest: async () => left.resolve() }));
  await left.promise;
  await clock.advance(19_999);
  expect(clock.sleeping).toBe(1);
  await clock.advance(1);
  expect(await failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('20 s') });
});

test('chunks may be slow, each in its own time; one that does not come ends the wait', async () => {
  let write: (line: object) => void = () => {};
  const { url } = await serve((response) => {
    write = (line) => void response.write(`${JSON.stringify(line)}\n`);
    response.setHeader('content-type', 'application/x-ndjson');
    write({ message: { content: 'Be' } });
  });
  const { ollama, context, clock } = open(url, { timeoutMs: 20_000 });
  const parts = ollama.stream(ask(), context)[Symbol.asyncIterator]();
  expect((await parts.next()).value).toMatchObject({ text: 'Be' });
  for (const piece of ['cau', 'se']) {
    const next = parts.next();
    await clock.advance(19_000);
    write({ message: { content: piece } });
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
  for (const nowhere of [url, 'http://ollama.invalid']) {
    const { ollama, context } = open(nowhere);
    const error = await failureOf(ollama.complete(ask(), context));
    expect(error).toMatchObject({ code: 'network', message: expect.stringContaining(nowhere) });
    expect(error.hint).toContain('OLLAMA_BASE_URL');
    expect(await failureOf(ollama.check('llama3', context))).toMatchObject({ code: 'network' });
    expect(await failureOf(ollama.models?.(context) ?? Promise.resolve())).toMatchObject({ code: 'network' });
  }
});

test('a server that broke off was there: nobody is told to start it', async () => {
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'application/x-ndjson').write('{"message":{"content":"Be"}}\n');
    setImmediate(() => response.destroy());
  });
  const { ollama, context } = open(url);
  const error = await failureOf(ollama.complete(ask(), context));
  expect([error.code, error.hint]).toEqual(['network', undefined]);
});

type Wanted = Partial<Pick<OrchError, 'code' | 'retryable'>> & { readonly hint?: unknown };

test.each<[number, string, Wanted]>([
  [
    404,
    'model "llama3" not found, try pulling it first',
    { code: 'model_missing', hint: expect.stringContaining('ollama pull llama3') },
  ],
  [
    400,
    'registry.ollama.ai/library/llama3 does not support tools',
    { code: 'bad_request', hint: expect.stringContaining('ollama show llama3') },
  ],
  [400, 'invalid format: expected "json" or a JSON schema', { code: 'bad_request' }],
  [401, 'unauthorized', { code: 'auth' }],
  [500, 'llama runner process has terminated: signal: killed', { code: 'server' }],
  [503, 'server busy, please try again.  maximum pending requests exceeded', { code: 'server' }],
])('HTTP %i with Ollama’s own body {"error": "%s"}', async (status, text, wanted) => {
  const { url } = await serve((response) => response.writeHead(status).end(JSON.stringify({ error: text })));
  const { ollama, context } = open(url);
  const error = await failureOf(ollama.complete(ask(), context));
  expect(error).toMatchObject({ ...wanted, message: expect.stringContaining(text) });
});
