import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LLMock } from '@copilotkit/aimock';
import { OrchError } from '@orch/contracts';
import type { ModelRequest, Provider, ProviderContext } from '@orch/contracts';
import { FakeClock } from '@orch/testkit';
import { Ollama } from 'ollama';
import { expect, onTestFinished, test } from 'vitest';
import { createOllama } from './provider.ts';

const policy = { timeoutMs: 60_000, maxRetries: 0, breaker: { threshold: 5, cooldownMs: 30_000 } };

function open(
  baseUrl: string,
  options = {},
  maxRetries = 0,
): { ollama: Provider; context: ProviderContext; clock: FakeClock } {
  const clock = new FakeClock();
  const ollama = createOllama({ ...policy, maxRetries, baseUrl, options }, { clock, random: () => 0 });
  onTestFinished(() => ollama.close?.());
  return { ollama, context: { signal: new AbortController().signal, clock }, clock };
}

const schema = {
  type: 'object',
  properties: { title: { type: 'string' } },
  required: ['title'],
  additionalProperties: false,
};

function ask(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'llama3',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content: 'Why?' },
    ],
    options: {},
    asked: { step: 'a', sample: 0, messagesSha256: '0'.repeat(64) },
    ...changes,
  };
}

type Seen = { readonly url: string | undefined; readonly headers: IncomingHttpHeaders; readonly body: unknown };

/** A server that keeps what it is sent, and answers as it is told. */
async function serve(answer: (response: ServerResponse) => void) {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      seen.push({ url: request.url, headers: request.headers, body: text === '' ? undefined : JSON.parse(text) });
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const says =
  (...lines: object[]) =>
  (response: ServerResponse) => {
    response.setHeader('content-type', 'application/x-ndjson');
    response.end(lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  };

const done = { model: 'llama3:latest', message: { content: '' }, done: true, done_reason: 'stop' };

const failureOf = (work: Promise<unknown>): Promise<OrchError> =>
  work.then(
    () => expect.unreachable('expected a failure'),
    (error: unknown) => error as OrchError,
  );

async function all<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const part of parts) list.push(part);
  return list;
}

test('the request is the one that the official client sends', async () => {
  const { url, seen } = await serve(says(done));
  const { messages } = ask();
  const options = { temperature: 0.1, top_p: 0.9, seed: 7, stop: ['END'], num_ctx: 4096, num_predict: 50 };
  for await (const _ of await new Ollama({ host: url }).chat({
    model: 'llama3',
    messages: messages as Extract<(typeof messages)[number], { role: 'system' }>[],
    stream: true,
    format: schema,
    options,
  }));

  const { ollama, context } = open(url, { temperature: 0.1, num_ctx: 1 });
  const wanted = { top_p: 0.9, seed: 7, stop: ['END'], num_ctx: 4096, max_tokens: 50 };
  await ollama.complete(ask({ options: wanted, schema }), context);
  const [theirs, ours] = seen;
  expect(ours?.body).toEqual(theirs?.body);
  expect(ours?.url).toBe(theirs?.url);
  for (const header of ['content-type', 'accept']) expect(ours?.headers[header]).toBe(theirs?.headers[header]);
});

test('without any option the context size is still sent, and stated', async () => {
  const { url, seen } = await serve(says(done));
  const { ollama, context } = open(url);
  await ollama.complete(ask(), context);
  expect(seen[0]?.body).toMatchObject({ options: { num_ctx: 8192 } });
  expect(ollama.identify(ask({ options: { temperature: 0 } }))).toEqual({
    name: 'ollama',
    model: 'llama3',
    opts: { temperature: 0, num_ctx: 8192 },
  });
});

test('the identity states every option that is sent, those of the settings too', () => {
  const { ollama } = open('http://127.0.0.1:1', { temperature: 0.1, seed: 1 });
  const options = { top_p: 0.9, seed: 7, stop: ['END'], num_ctx: 4096, max_tokens: 50 };
  const opts = { temperature: 0.1, ...options };
  expect(ollama.identify(ask({ options }))).toEqual({ name: 'ollama', model: 'llama3', opts });
});

test('a server elsewhere is named as the service, and is not local', () => {
  const { ollama } = open('gpu.example');
  expect(ollama.identify(ask()).service).toBe('gpu.example:11434');
  expect(ollama.can.local).toBe(false);
  expect(open('0.0.0.0:1234').ollama.can.local).toBe(true);
});

test('text, counts and the end are read from the stream', async () => {
  const counts = { prompt_eval_count: 12, eval_count: 3, done_reason: 'length' };
  const { url } = await serve(
    says({ message: { content: 'Be' } }, { message: { content: 'cause' } }, { ...done, ...counts }),
  );
  const { ollama, context } = open(url);
  const deltas = await all(ollama.stream(ask(), context));
  expect(deltas).toEqual([
    { type: 'text', text: 'Be' },
    { type: 'text', text: 'cause' },
    {
      type: 'done',
      reply: {
        text: 'Because',
        finishReason: 'length',
        usage: { tokensIn: 12, tokensOut: 3 },
        modelReported: 'llama3:latest',
      },
    },
  ]);
});

test('a stream without its end is a network failure, an error inside it is one of the server', async () => {
  const cut = await serve(says({ message: { content: 'Be' } }));
  expect(await failureOf(open(cut.url).ollama.complete(ask(), open(cut.url).context))).toMatchObject({
    code: 'network',
  });
  const broken = await serve(says({ message: { content: 'Be' } }, { error: 'out of memory' }));
  const { ollama, context } = open(broken.url);
  expect(await failureOf(ollama.complete(ask(), context))).toMatchObject({
    code: 'server',
    message: expect.stringContaining('out of memory'),
  });
});

test('a prompt that would not fit is refused before it is sent', async () => {
  const { url, seen } = await serve(says(done));
  const { ollama, context } = open(url, { num_ctx: 100 });
  const messages = [{ role: 'user' as const, content: 'x'.repeat(404) }];
  const error = await failureOf(ollama.complete(ask({ messages }), context));
  expect(error).toMatchObject({ code: 'truncated', hint: expect.stringContaining('num_ctx: 128') });
  expect(seen).toHaveLength(0);
});

test('an option that Ollama does not know is refused by name', () => {
  expect(() => open('http://localhost', { top_k: 3 })).toThrow('`top_k`');
});

const tags = (...names: string[]) =>
  says({ models: names.map((name, day) => ({ name, modified_at: `2026-01-0${day + 1}T00:00:00Z` })) });

test('check finds the model, with or without its tag, and chooses the newest when none is named', async () => {
  const { url, seen } = await serve(tags('qwen:7b', 'llama3:latest'));
  const { ollama, context } = open(url);
  expect(await ollama.check('llama3', context)).toEqual({ model: 'llama3' });
  expect(await ollama.check('qwen:7b', context)).toEqual({ model: 'qwen:7b' });
  expect(await ollama.check(undefined, context)).toEqual({ model: 'llama3:latest' });
  expect(seen[0]?.url).toBe('/api/tags');
  expect(await failureOf(ollama.check('qwen', context))).toMatchObject({
    code: 'model_missing',
    message: expect.stringContaining('it has qwen:7b, llama3:latest'),
    hint: 'Fetch it with `ollama pull qwen`.',
  });
});

test('check says what is set and how to start a server that is not there', async () => {
  const { url } = await serve((response) => void response.destroy());
  const { ollama, context } = open(url, {}, 3);
  const error = await failureOf(ollama.check(undefined, context));
  expect(error).toMatchObject({ code: 'network', retryable: false, message: expect.stringContaining(url) });
  expect(error.hint).toContain('`ollama serve`');
  expect(error.hint).toContain('OLLAMA_BASE_URL');
});

test('a model that is not there is to be pulled', async () => {
  const { url } = await serve((response) => response.writeHead(404).end('{"error":"model \\"llama3\\" not found"}'));
  const { ollama, context } = open(url);
  expect(await failureOf(ollama.complete(ask(), context))).toMatchObject({
    code: 'model_missing',
    hint: expect.stringContaining('ollama pull llama3'),
  });
});

test('an independent mock of Ollama answers, also after a fault', async () => {
  const mock = new LLMock({ port: 0 });
  mock.onMessage('Why?', { content: 'Because it is so.' });
  await mock.start();
  onTestFinished(() => mock.stop());
  const { ollama, context, clock } = open(mock.url, {}, 1);
  expect((await ollama.check(undefined, context)).model).toBeTypeOf('string');
  expect(await ollama.complete(ask(), context)).toMatchObject({ text: 'Because it is so.', finishReason: 'stop' });

  mock.nextRequestError(503, { message: 'busy' });
  const tries: boolean[] = [];
  const afterRequest: ProviderContext['afterRequest'] = async ({ ok }) => {
    tries.push(ok);
    if (!ok) setImmediate(() => void clock.advance(30_000));
  };
  expect((await ollama.complete(ask(), { ...context, afterRequest })).text).toBe('Because it is so.');
  expect(tries).toEqual([false, true]);
});
