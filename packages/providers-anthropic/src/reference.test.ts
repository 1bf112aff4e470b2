import Anthropic from '@anthropic-ai/sdk';
import Anthropic2023 from '@anthropic-ai/sdk-2023';
import { jsonSchemaOutputFormat } from '@anthropic-ai/sdk/helpers/json-schema';
import type { Message, ModelRequest } from '@orch/contracts';
import { serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, open, says, whole } from './testing/exchange.ts';

const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';

const schema = {
  type: 'object',
  properties: { title: { type: 'string', maxLength: 80 } },
  required: ['title'],
  additionalProperties: false,
} as const;

const weather = {
  name: 'weather',
  description: 'The weather of a town.',
  inputSchema: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
};
const theirWeather = {
  name: 'weather',
  description: 'The weather of a town.',
  input_schema: { type: 'object' as const, properties: { town: { type: 'string' } }, required: ['town'] },
};

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
    { messages: [{ ...user, images: [{ mediaType: 'image/png', data: dot }] }] },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'image', source: { type: 'base64', media_type: 'image/png', data: dot } },
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
const listed = ['anthropic-version', 'x-api-key', 'authorization', 'content-type', 'accept'];

/** Has the official client ask, then orch; returns both requests, as far as they are to be the same. */
async function compare(
  askOfficially: (url: string) => Promise<AsyncIterable<unknown>>,
  { apiVersion, request }: { readonly apiVersion?: string; readonly request: Partial<ModelRequest> },
) {
  const { url, seen } = await serve(says(...whole));
  for await (const _ of await askOfficially(url));
  const { anthropic, context } = open({ baseUrl: url, apiKey: 'sk-ant-test', apiVersion });
  await anthropic.complete(ask(request), context);
  return seen.map(({ url: path, headers, body }) => ({
    path,
    body,
    headers: Object.fromEntries(listed.map((header) => [header, headers[header]])),
  }));
}

test.each(Object.entries(in2023))('2023-06-01, %s: the official client asks the same', async (_, [request, theirs]) => {
  const [wanted, sent] = await compare(
    (baseURL) => {
      const client = new Anthropic2023({ baseURL, apiKey: 'sk-ant-test', authToken: null, maxRetries: 0 });
      return client.messages.create({ ...common, ...theirs } as Params2023);
    },
    { apiVersion: '2023-06-01', request },
  );
  expect(sent).toEqual(wanted);
  expect(sent?.headers).toMatchObject({ 'anthropic-version': '2023-06-01', 'x-api-key': 'sk-ant-test' });
});

test.each(Object.entries(in2026))('2026-10-21, %s: the official client asks the same', async (_, [request, theirs]) => {
  const [wanted, sent] = await compare(
    (baseURL) => {
      const client = new Anthropic({ baseURL, apiKey: 'sk-ant-test', maxRetries: 0 });
      return client.messages.create({ ...common, ...theirs } as Params);
    },
    { request },
  );
  expect(sent).toEqual(wanted);
  expect(sent?.headers).toMatchObject({ 'anthropic-version': '2026-10-21', authorization: 'Bearer sk-ant-test' });
});

test('what is streamed is asked for as the whole answer is', async () => {
  const { url, seen } = await serve(says(...whole));
  const { anthropic, context } = open({ baseUrl: url });
  await anthropic.complete(ask(), context);
  for await (const _ of anthropic.stream(ask(), context));
  expect(seen[1]).toEqual(seen[0]);
});

test('models are asked for as the official client does', async () => {
  const { url, seen } = await serve((response, { url: path }) => {
    response.setHeader('content-type', 'application/json');
    const page = path?.includes('after_id') === true ? { data: [{ id: 'b' }], has_more: false } : firstPage;
    response.end(JSON.stringify(page));
  });
  const client = new Anthropic({ baseURL: url, apiKey: 'sk-ant-test', maxRetries: 0 });
  for await (const _ of client.models.list({ limit: 1000 }));
  const { anthropic, context } = open({ baseUrl: url, apiKey: 'sk-ant-test' });
  await anthropic.models?.(context);
  const asks = seen.map(({ url: path, headers }) => ({
    path,
    headers: listed.slice(0, 3).map((header) => headers[header]),
  }));
  expect(asks).toHaveLength(4);
  expect(asks.slice(2)).toEqual(asks.slice(0, 2));
});

const firstPage = { data: [{ id: 'a' }], has_more: true, first_id: 'a', last_id: 'a' };
