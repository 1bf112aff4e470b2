import Anthropic from '@anthropic-ai/sdk';
import Anthropic2023 from '@anthropic-ai/sdk-2023';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import type { Message, ModelRequest } from '@orch/contracts';
import { all, dotPng, expectSameRequests, weather } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, open, says, whole } from './testing/exchange.ts';

const schema = {
  type: 'object',
  properties: { title: { type: 'string', maxLength: 80 } },
  required: ['title'],
  additionalProperties: false,
} as const;

const { inputSchema: input_schema, ...named } = weather;
const theirWeather = { ...named, input_schema };

const user = { role: 'user', content: 'Why?' } as const;
const called: Message[] = [
  user,
  {
    role: 'assistant',
    content: 'I look.',
    toolCalls: [
      { id: 'toolu_1', name: 'weather', arguments: '{"town":"Ulm"}' },
      { id: 'toolu_2', name: 'weather', arguments: '' },
    ],
  },
  { role: 'tool', callId: 'toolu_1', name: 'weather', content: 'Rain.' },
  { role: 'tool', callId: 'toolu_2', name: 'weather', content: 'Which town?', isError: true },
  { role: 'assistant', content: 'It rains.' },
  { role: 'user', content: 'And now?' },
];

type Params = Anthropic.MessageCreateParamsStreaming;
type Params2023 = Anthropic2023.MessageCreateParamsStreaming;

/** What is asked of orch, and the same as the official clients are asked, whatever the version. */
const inBoth: Record<string, [Partial<ModelRequest>, Partial<Params & Params2023>]> = {
  text: [{ messages: [user] }, { messages: [user] }],
  'a system text': [
    { messages: [{ role: 'system', content: 'Be brief.' }, { role: 'system', content: 'Be kind.' }, user] },
    { messages: [user], system: 'Be brief.\n\nBe kind.' },
  ],
  options: [
    { messages: [user], options: { stop: ['END'], max_tokens: 50 } },
    { messages: [user], stop_sequences: ['END'], max_tokens: 50 },
  ],
  images: [
    { messages: [{ ...user, images: [{ mediaType: 'image/png', data: dotPng }] }] },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: dotPng } },
            { type: 'text', text: 'Why?' },
          ],
        },
      ],
    },
  ],
  tools: [
    { messages: [user], tools: [weather] },
    { messages: [user], tools: [theirWeather] },
  ],
  'calls and what came of them': [
    { messages: called, tools: [weather] },
    {
      messages: [
        user,
        {
          role: 'assistant',
          content: [
            { type: 'text', text: 'I look.' },
            { type: 'tool_use', id: 'toolu_1', name: 'weather', input: { town: 'Ulm' } },
            { type: 'tool_use', id: 'toolu_2', name: 'weather', input: {} },
          ],
        },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'toolu_1', content: 'Rain.' },
            { type: 'tool_result', tool_use_id: 'toolu_2', content: 'Which town?', is_error: true },
          ],
        },
        { role: 'assistant', content: 'It rains.' },
        { role: 'user', content: 'And now?' },
      ],
      tools: [theirWeather],
    },
  ],
};

const answer = {
  name: 'orch_answer',
  description: 'Gives the answer. Call it once, when you have it.',
  input_schema: schema as typeof schema & { required: never },
};

const in2023: Record<string, [Partial<ModelRequest>, Partial<Params2023>]> = {
  ...inBoth,
  'sampling options': [
    { messages: [user], options: { temperature: 0.1, top_p: 0.9, top_k: 40 } },
    { messages: [user], temperature: 0.1, top_p: 0.9, top_k: 40 },
  ],
  'a schema': [
    { messages: [user], schema },
    {
      messages: [user],
      tools: [answer],
      tool_choice: { type: 'tool', name: 'orch_answer', disable_parallel_tool_use: true },
    },
  ],
  'a schema beside tools': [
    { messages: [user], schema, tools: [weather] },
    { messages: [user], tools: [theirWeather, answer], tool_choice: { type: 'any' } },
  ],
};

const in2026: Record<string, [Partial<ModelRequest>, Partial<Params>]> = {
  ...inBoth,
  'sampling options, which are left out': [
    { messages: [user], options: { temperature: 0.1, top_p: 0.9, top_k: 40, max_tokens: 9 } },
    { messages: [user], max_tokens: 9 },
  ],
  'a schema': [
    { messages: [user], schema },
    { messages: [user], output_config: { format: jsonSchemaOutputFormat(schema) } },
  ],
  'a schema beside tools': [
    { messages: [user], schema, tools: [weather] },
    { messages: [user], tools: [theirWeather], output_config: { format: jsonSchemaOutputFormat(schema) } },
  ],
};

const common = { model: 'claude-x', max_tokens: 32_000, messages: [], stream: true } as const;
const versioned = ['anthropic-version', 'x-api-key', 'authorization'];
const headers = [...versioned, 'content-type', 'accept'];
const apiKey = 'sk-ant-test';

/** Has orch ask, in this version. */
const asks = (request: Partial<ModelRequest>, apiVersion?: string) => async (baseUrl: string) => {
  const { anthropic, context } = open({ baseUrl, apiKey, apiVersion });
  await anthropic.complete(ask(request), context);
};

test.each(Object.entries(in2023))('2023-06-01, %s: the official client asks the same', async (_, [request, theirs]) => {
  const [sent] = await expectSameRequests({
    answer: says(...whole),
    headers,
    async official(baseURL) {
      const client = new Anthropic2023({ baseURL, apiKey, authToken: null, maxRetries: 0 });
      await all(await client.messages.create({ ...common, ...theirs } as Params2023));
    },
    ours: asks(request, '2023-06-01'),
  });
  expect(sent?.headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': apiKey });
});

test.each(Object.entries(in2026))('2026-10-21, %s: the official client asks the same', async (_, [request, theirs]) => {
  const [sent] = await expectSameRequests({
    answer: says(...whole),
    headers,
    async official(baseURL) {
      const client = new Anthropic({ baseURL, apiKey, maxRetries: 0 });
      await all(await client.messages.create({ ...common, ...theirs } as Params));
    },
    ours: asks(request),
  });
  expect(sent?.headers).toMatchObject({ 'anthropic-version': '2026-10-21', authorization: `Bearer ${apiKey}` });
});

const firstPage = { data: [{ id: 'a' }], has_more: true, first_id: 'a', last_id: 'a' };

test('models are asked for as the official client does', async () => {
  const sent = await expectSameRequests({
    answer(response, { url }) {
      response.setHeader('content-type', 'application/json');
      const page = url?.includes('after_id') === true ? { data: [{ id: 'b' }], has_more: false } : firstPage;
      response.end(JSON.stringify(page));
    },
    headers: versioned,
    official: async (baseURL) => all(new Anthropic({ baseURL, apiKey, maxRetries: 0 }).models.list({ limit: 1000 })),
    async ours(baseUrl) {
      const { anthropic, context } = open({ baseUrl, apiKey });
      await anthropic.models?.(context);
    },
  });
  expect(sent).toHaveLength(2);
});
