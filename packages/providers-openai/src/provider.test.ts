import { LLMock } from '@copilotkit/aimock';
import { all, serve } from '@orch/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { toOpenaiSettings } from './settings.ts';
import { ask, end, open, says } from './testing/exchange.ts';

const text = (content: string) => ({
  model: 'gpt-x-1',
  choices: [{ index: 0, delta: { content }, finish_reason: null }],
});
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

test('a compatible server is named as the service, and without a key none is sent', async () => {
  expect(open({ baseUrl: 'https://openrouter.ai/api/v1' }).openai.identify(ask()).service).toBe('openrouter.ai/api/v1');
  const { url, seen } = await serve(says(end('stop')));
  const { openai, context } = open({ baseUrl: url });
  await openai.complete(ask(), context);
  expect(seen[0]?.headers.authorization).toBeUndefined();
  expect([openai.can.local, open({ apiKey: 'k' }).openai.can.local]).toEqual([true, false]);
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
