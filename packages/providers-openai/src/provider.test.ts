import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { LLMock } from '@copilotkit/aimock';
import type { ModelRequest, Provider, ProviderContext } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { all, failureOf, FakeClock } from '@orch/testkit';
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

test.each([
  ['https://mine.openai.azure.com/openai/v1', 'max_completion_tokens'],
  ['https://mine.cognitiveservices.azure.com/openai/deployments/gpt?api-version=2025-01-01', 'max_completion_tokens'],
  ['https://mine.services.ai.azure.com/openai/v1', 'max_completion_tokens'],
  ['https://openai.azure.com.example/v1', 'max_tokens'],
])('%s is told %s, and whether it takes top_k', (baseUrl, name) => {
  const settings = toOpenaiSettings({ baseUrl });
  const asked = (options: ModelRequest['options']) => toRequest(settings, { ...ask({ options }), model: 'm' }).body;
  expect(asked({ max_tokens: 9 })).toMatchObject({ [name]: 9 });
  if (name === 'max_tokens') expect(asked({ top_k: 40 })).toMatchObject({ top_k: 40 });
  else expect(() => asked({ top_k: 40 })).toThrow('`top_k`');
});

test.each([
  ['https://api.openai.com/v1', 'chat', true],
  ['https://mine.openai.azure.com/openai/v1', 'responses', true],
  ['http://127.0.0.1:8000/v1', 'chat', false],
  ['http://127.0.0.1:8000/v1', 'responses', false],
])('%s, %s: an answer beside tools is held to its schema: %s', (baseUrl, api, isHeld) => {
  const tools = [{ name: 'read', inputSchema: { type: 'object' } }];
  const { body } = toRequest(toOpenaiSettings({ baseUrl, api }), { ...ask({ schema, tools }), model: 'm' });
  expect('response_format' in body || 'text' in body).toBe(isHeld);
  expect(JSON.stringify(body).includes('nothing but JSON that fits')).toBe(!isHeld);
  expect(body).toHaveProperty('tools');
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
  [404, '{"error":"no such path"}', undefined],
  [200, '{"object":"list"}', undefined],
  [200, '<html></html>', undefined],
  [401, '{"error":{"message":"no"}}', 'auth'],
])('a list of models that answers %i %s leads to %s', async (status, body, code) => {
  const { url } = await serve((response) => response.writeHead(status).end(body));
  const { openai, context } = open({ baseUrl: url });
  if (code === undefined) {
    expect(await openai.check('any', context)).toMatchObject({
      model: 'any',
      doubt: { code: 'unconfigured', hint: expect.stringContaining('OPENAI_BASE_URL') },
    });
  } else
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

test.each([
  [{ context_length: 131072 }, 131072],
  [{ max_model_len: 32768 }, 32768],
  [{ context_window: 8192 }, 8192],
  [{ context_length: 'big' }, undefined],
])('a model described by %j has a context of %s', async (fields, contextTokens) => {
  const list = { object: 'list', data: [{ id: 'one', ...fields }, { object: 'model' }, null] };
  const { url } = await serve((response) => response.end(JSON.stringify(list)));
  const { openai, context } = open({ baseUrl: url });
  expect(await openai.models?.(context)).toEqual([{ id: 'one', ...(contextTokens && { contextTokens }) }]);
  expect(await openai.check('one', context)).toEqual({ model: 'one', ...(contextTokens && { contextTokens }) });
});

test('a bare list of models is one too, and what is none is said to be none', async () => {
  const bare = await serve((response) => response.end('[{"id":"one"}]'));
  const list = open({ baseUrl: bare.url });
  expect(await list.openai.models?.(list.context)).toEqual([{ id: 'one' }]);
  const other = await serve((response) => response.end('{"models":[]}'));
  const none = open({ baseUrl: other.url });
  expect(await failureOf(none.openai.models!(none.context))).toMatchObject({ code: 'bad_response' });
  const vendor = open({});
  expect(await failureOf(vendor.openai.models!(vendor.context))).toMatchObject({ code: 'unconfigured' });
});

test('headers that are set win over ours, and one that authorizes stands in for the key', async () => {
  const { url, seen } = await serve(says(end('stop')));
  const headers = { Authorization: 'Basic abc', Accept: 'text/event-stream', 'X-Title': 'orch' };
  const { openai, context } = open({ baseUrl: url, apiKey: 'sk-test', headers });
  await openai.complete(ask(), context);
  expect(seen[0]?.headers).toMatchObject({
    authorization: 'Basic abc',
    accept: 'text/event-stream',
    'x-title': 'orch',
  });
});

test.each([[{ Authorization: 'Bearer other' }], [{ 'api-key': 'other' }]])(
  'with %j neither a key is demanded nor one sent',
  (headers) => {
    const { apiKey: _, ...settings } = toOpenaiSettings({ apiKey: 'sk-test', headers });
    expect(settings.headers).toEqual(Object.fromEntries(Object.entries(headers).map(([n, v]) => [n.toLowerCase(), v])));
    expect(toOpenaiSettings({ headers })).toMatchObject({ isVendor: true, authorizedBy: expect.any(String) });
  },
);

test("Azure's version stands behind every path and in the identity, but not in the service", async () => {
  const { url, seen } = await serve((response) => response.end('{"data":[{"id":"gpt-x"}]}'));
  const azure = '/openai/deployments/mine?api-version=2024-10-21';
  const { openai, context } = open({ baseUrl: url + azure, headers: { 'api-key': 'k' } });
  await openai.check('gpt-x', context);
  expect(seen[0]).toMatchObject({ url: '/openai/deployments/mine/models?api-version=2024-10-21' });
  expect(open({ baseUrl: `https://mine.openai.azure.com${azure}` }).openai.identify(ask())).toEqual({
    name: 'openai',
    model: 'gpt-x',
    opts: { api_version: '2024-10-21' },
    service: 'mine.openai.azure.com/openai/deployments/mine',
  });
});

test.each([
  [{ baseUrl: 'https://host/v1?key=sk-secret-key' }, 'no query but `api-version`, got `key`'],
  [{ apiVersion: '2024-10-21' }, 'no `api_version` for openai'],
  [{ api: 'completions' }, 'chat or responses, got `completions`'],
  [{ api: 'responses', options: { seed: 1 } }, 'openai with api: responses takes (temperature, top_p, max_tokens)'],
])('settings such as %j are refused', (settings, message) => {
  expect(() => open(settings)).toThrow(message);
  expect(() => open(settings)).not.toThrow('sk-secret-key');
});

const resource = '{"error":{"code":"404","message":"Resource not found"}}';
const endpoints = '{"error":{"message":"No endpoints found for a/b.","code":404}}';
const deployment = '{"error":{"code":"DeploymentNotFound"}}';
const before = 'Check `base_url` (or OPENAI_BASE_URL): it is what comes before /chat/completions';

test.each([
  ['', 'Not Found', 'unconfigured', `${before}, and mostly ends in /v1.`],
  ['', endpoints, 'model_missing', 'Name a model that the server has.'],
  ['/deployments/gpt?api-version=1', resource, 'unconfigured', `${before}.`],
  ['/deployments/gpt?api-version=1', deployment, 'model_missing', 'Check the deployment that `base_url` names.'],
])('below "%s", what to do about a 404 with %s is said', async (path, body, code, hint) => {
  const { url } = await serve((response) => response.writeHead(404).end(body));
  const { openai, context } = open({ baseUrl: url + path });
  expect(await failureOf(openai.complete(ask(), context))).toMatchObject({ code, hint });
});

test('an answer that is refused by a header is advised on by its name', async () => {
  const { url } = await serve((response) => response.writeHead(401).end('{"error":{"message":"no: azure-key-1"}}'));
  const { openai, context } = open({ baseUrl: url, headers: { 'api-key': 'azure-key-1' } });
  const error = await failureOf(openai.complete(ask(), context));
  expect(error).toMatchObject({ code: 'auth', hint: 'Check the header `api-key` and what it may use.' });
  expect(error.message).not.toContain('azure-key-1');
});

test('Responses are another interface: another path, and named in the identity', async () => {
  const { url, seen } = await serve(
    says({ type: 'response.output_text.delta', delta: 'So.' }, { type: 'response.completed', response: {} }),
  );
  const { openai, context } = open({ baseUrl: url, api: 'responses', options: { max_tokens: 5 } });
  expect(await openai.complete(ask(), context)).toMatchObject({ text: 'So.', finishReason: 'stop' });
  expect(seen[0]).toMatchObject({ url: '/responses', body: { max_output_tokens: 5, store: false } });
  expect(openai.identify(ask()).opts).toEqual({ max_tokens: 5, api: 'responses' });
  expect(open({ baseUrl: url, api: 'chat' }).openai.identify(ask()).opts).toEqual({});
});

test.each(['chat', 'responses'])('an independent mock of OpenAI has a tool called, by way of %s', async (api) => {
  const mock = new LLMock({ port: 0 });
  const calls = [
    { id: 'call_a', name: 'read', arguments: '{"path":"a"}' },
    { id: 'call_b', name: 'read', arguments: '{"path":"b"}' },
  ];
  mock.on({ userMessage: 'Why?', toolCallId: 'call_b' }, { content: 'Because it is so.' });
  mock.on({ userMessage: 'Why?' }, { toolCalls: calls });
  await mock.start();
  onTestFinished(() => mock.stop());
  const { openai, context } = open({ baseUrl: `${mock.url}/v1`, apiKey: 'mock', api });
  expect(await openai.check('gpt-4o', context)).toEqual({ model: 'gpt-4o' });
  const tools = [{ name: 'read', inputSchema: { type: 'object' } }];
  const first = await openai.complete(ask({ tools }), context);
  expect(first).toMatchObject({ text: '', toolCalls: calls, finishReason: 'tool_calls' });
  const results = calls.map(({ id, name }) => ({ role: 'tool', callId: id, name, content: 'so' }) as const);
  const messages = [...ask().messages, { role: 'assistant', content: '', toolCalls: calls } as const, ...results];
  expect(await openai.complete(ask({ tools, messages }), context)).toMatchObject({
    text: 'Because it is so.',
    finishReason: 'stop',
  });
});
