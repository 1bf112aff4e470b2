import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LLMock } from '@copilotkit/aimock';
import { OrchError } from '@orch/contracts';
import type { ModelRequest, Provider, ProviderContext } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { FakeClock } from '@orch/testkit';
import OpenAI from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { createOpenai } from './provider.ts';
import { toRequest } from './request.ts';
import { toOpenaiSettings } from './settings.ts';

const policy = { timeoutMs: 60_000, maxRetries: 0, breaker: { threshold: 5, cooldownMs: 30_000 } };

function open(settings: SettingsInput): { openai: Provider; context: ProviderContext; clock: FakeClock } {
  const clock = new FakeClock();
  const openai = createOpenai({ ...policy, ...settings }, { clock, random: () => 0 });
  onTestFinished(() => openai.close?.());
  return { openai, context: { signal: new AbortController().signal, clock }, clock };
}

const schema = {
  type: 'object',
  properties: { title: { type: 'string' } },
  required: ['title'],
  additionalProperties: false,
};

function ask(changes: Partial<ModelRequest> = {}): ModelRequest {
  return {
    model: 'gpt-x',
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
  (...chunks: (object | string)[]) =>
  (response: ServerResponse) => {
    response.setHeader('content-type', 'text/event-stream; charset=utf-8');
    const data = chunks.map((chunk) => (typeof chunk === 'string' ? chunk : JSON.stringify(chunk)));
    response.end(data.map((one) => `data: ${one}\n\n`).join(''));
  };

const text = (content: string) => ({
  model: 'gpt-x-1',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
const end = (finish_reason: string) => ({ model: 'gpt-x-1', choices: [{ index: 0, delta: {}, finish_reason }] });
const counts = {
  choices: [],
  usage: { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 8 } },
};

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
  const { url, seen } = await serve(says(end('stop'), '[DONE]'));
  const { messages } = ask();
  const options = { temperature: 0.1, top_p: 0.9, seed: 7, stop: ['END'], max_tokens: 50 };
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${url}/v1`, maxRetries: 0 });
  const response_format = { type: 'json_schema' as const, json_schema: { name: 'answer', schema, strict: true } };
  const body = {
    model: 'gpt-x',
    messages: messages as Extract<(typeof messages)[number], { role: 'system' }>[],
    ...options,
    response_format,
  };
  for await (const _ of await client.chat.completions.create({
    ...body,
    stream: true,
    stream_options: { include_usage: true },
  }));

  const { openai, context } = open({
    baseUrl: `${url}/v1/`,
    apiKey: 'sk-test',
    options: { temperature: 0.1, seed: 1 },
  });
  await openai.complete(ask({ options: { ...options, temperature: undefined }, schema }), context);
  const [theirs, ours] = seen;
  expect(ours?.body).toEqual(theirs?.body);
  expect(ours?.url).toBe(theirs?.url);
  for (const header of ['content-type', 'accept', 'authorization']) {
    expect(ours?.headers[header]).toBe(theirs?.headers[header]);
  }
});

test('the identity states every option that is sent, those of the settings too', () => {
  const { openai } = open({ apiKey: 'sk-x', options: { temperature: 0.1, seed: 1 } });
  const options = { top_p: 0.9, seed: 7, stop: ['END'], max_tokens: 50 };
  const opts = { temperature: 0.1, ...options };
  expect(openai.identify(ask({ options }))).toEqual({ name: 'openai', model: 'gpt-x', opts });
});

test('OpenAI itself is told max_completion_tokens, and needs no service in the identity', () => {
  const { body, url } = toRequest(toOpenaiSettings({ apiKey: 'sk-x' }), {
    ...ask({ options: { max_tokens: 9 } }),
    model: 'gpt-x',
  });
  expect(url).toBe('https://api.openai.com/v1/chat/completions');
  expect(body).toMatchObject({ max_completion_tokens: 9 });
  const { openai } = open({ apiKey: 'sk-x', options: { max_tokens: 9 } });
  expect(openai.identify(ask())).toEqual({ name: 'openai', model: 'gpt-x', opts: { max_tokens: 9 } });
});

test('a compatible server is named as the service, and without a key none is sent', async () => {
  expect(open({ baseUrl: 'https://openrouter.ai/api/v1' }).openai.identify(ask()).service).toBe('openrouter.ai/api/v1');
  const { url, seen } = await serve(says(end('stop')));
  const { openai, context } = open({ baseUrl: url });
  await openai.complete(ask(), context);
  expect(seen[0]?.headers.authorization).toBeUndefined();
  expect([openai.can.local, open({ apiKey: 'k' }).openai.can.local]).toEqual([true, false]);
});

test.each([
  [true, 'closed and all required', schema],
  [false, 'open', { ...schema, additionalProperties: true }],
  [false, 'with an optional property', { ...schema, required: [] }],
  [
    false,
    'with an open object inside',
    { ...schema, properties: { title: { type: 'array', items: { type: 'object' } } } },
  ],
  [false, 'of a list', { type: 'array', items: schema }],
])('strict is %s for a schema that is %s', (strict, _, wanted) => {
  const { body } = toRequest(toOpenaiSettings({}), { ...ask({ schema: wanted }), model: 'gpt-x' });
  expect(body).toMatchObject({ response_format: { json_schema: { strict, schema: wanted } } });
});

test('text, usage and the end are read from the stream', async () => {
  const { url } = await serve(says(text(''), text('Be'), text('cause'), end('stop'), counts, '[DONE]'));
  const { openai, context } = open({ baseUrl: url });
  expect(await all(openai.stream(ask(), context))).toEqual([
    { type: 'text', text: 'Be' },
    { type: 'text', text: 'cause' },
    {
      type: 'done',
      reply: {
        text: 'Because',
        finishReason: 'stop',
        usage: { tokensIn: 12, tokensOut: 3, tokensCached: 8 },
        modelReported: 'gpt-x-1',
      },
    },
  ]);
});

test.each([
  ['length', 'length'],
  ['content_filter', 'refused'],
  ['tool_calls', 'tool_calls'],
  ['something_new', 'other'],
])('the end %s is %s', async (reason, finishReason) => {
  const { url } = await serve(says(text('x'), end(reason)));
  const { openai, context } = open({ baseUrl: url });
  expect((await openai.complete(ask(), context)).finishReason).toBe(finishReason);
});

test('a refusal is a refused answer with its words', async () => {
  const { url } = await serve(says({ choices: [{ delta: { refusal: 'I cannot.' } }] }, end('stop'), '[DONE]'));
  const { openai, context } = open({ baseUrl: url });
  expect(await openai.complete(ask(), context)).toMatchObject({ text: 'I cannot.', finishReason: 'refused' });
});

test('a server that does not stream is understood too', async () => {
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ choices: [{ message: { content: 'All at once' }, finish_reason: 'stop' }], usage: null }),
    );
  });
  const { openai, context } = open({ baseUrl: url });
  expect(await openai.complete(ask(), context)).toMatchObject({ text: 'All at once', finishReason: 'stop', usage: {} });
});

test.each([
  ['that ends before its end', says(text('Be')), 'network'],
  ['with an error inside', says(text('Be'), { error: { message: 'no money', code: 'insufficient_quota' } }), 'quota'],
  ['with a chunk that is no JSON', says(text('Be'), '{"choices": ['), 'bad_response'],
] as const)('a stream %s is no answer', async (_, answer, code) => {
  const { url } = await serve(answer);
  const { openai, context } = open({ baseUrl: url });
  expect(await failureOf(openai.complete(ask(), context))).toMatchObject({ code });
});

test('an option that OpenAI does not know is refused by name', () => {
  const { openai } = open({ apiKey: 'k' });
  expect(() => openai.identify(ask({ options: { num_ctx: 1 } }))).toThrow('`num_ctx`');
});

test('check wants a key for OpenAI itself, and a model', async () => {
  const vendor = open({});
  expect(await failureOf(vendor.openai.check('gpt-x', vendor.context))).toMatchObject({
    code: 'unconfigured',
    message: expect.stringContaining('OPENAI_API_KEY is not set'),
  });
  const own = open({ baseUrl: 'http://127.0.0.1:1' });
  expect(await failureOf(own.openai.check(undefined, own.context))).toMatchObject({ code: 'unconfigured' });
});

test('check looks for the model in the list of a compatible server', async () => {
  const { url, seen } = await serve((response) => response.end('{"data":[{"id":"one"},{"id":"two"}]}'));
  const { openai, context } = open({ baseUrl: `${url}/v1`, apiKey: 'k' });
  expect(await openai.check('two', context)).toEqual({ model: 'two' });
  expect(seen[0]).toMatchObject({ url: '/v1/models', headers: { authorization: 'Bearer k' } });
  expect(await failureOf(openai.check('three', context))).toMatchObject({
    code: 'model_missing',
    message: expect.stringContaining('it has one, two'),
  });
});

test.each([
  [404, 'Not Found', undefined],
  [200, '{"object":"list"}', undefined],
  [401, '{"error":{"message":"no"}}', 'auth'],
])('a list of models that answers %i %s leads to %s', async (status, body, code) => {
  const { url } = await serve((response) => response.writeHead(status).end(body));
  const { openai, context } = open({ baseUrl: url });
  if (code === undefined) expect(await openai.check('any', context)).toEqual({ model: 'any' });
  else
    expect(await failureOf(openai.check('any', context))).toMatchObject({
      code,
      hint: expect.stringContaining('OPENAI_API_KEY'),
    });
});

test('check says how to get to a server that is not there', async () => {
  const { url } = await serve((response) => void response.destroy());
  const { openai, context } = open({ baseUrl: url, maxRetries: 3 });
  expect(await failureOf(openai.check('x', context))).toMatchObject({
    code: 'network',
    retryable: false,
    hint: expect.stringContaining('OPENAI_BASE_URL'),
  });
});

test('an independent mock of OpenAI answers, also after a fault', async () => {
  const mock = new LLMock({ port: 0 });
  mock.onMessage('Why?', { content: 'Because it is so.' });
  await mock.start();
  onTestFinished(() => mock.stop());
  const { openai, context, clock } = open({ baseUrl: `${mock.url}/v1`, apiKey: 'mock', maxRetries: 1 });
  expect(await openai.check('gpt-4o', context)).toEqual({ model: 'gpt-4o' });
  expect(await openai.complete(ask(), context)).toMatchObject({ text: 'Because it is so.', finishReason: 'stop' });

  mock.nextRequestError(429, { message: 'slow down', code: 'rate_limit_exceeded' });
  const tries: boolean[] = [];
  const afterRequest: ProviderContext['afterRequest'] = async ({ ok }) => {
    tries.push(ok);
    if (!ok) setImmediate(() => void clock.advance(30_000));
  };
  expect((await openai.complete(ask(), { ...context, afterRequest })).text).toBe('Because it is so.');
  expect(tries).toEqual([false, true]);
});
