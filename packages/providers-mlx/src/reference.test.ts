import type { Message, ModelRequest } from '@orch/contracts';
import { failureOf, serve } from '@orch/testkit';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { ask, chunk, open, says } from './testing/exchange.ts';

type Body = OpenAI.ChatCompletionCreateParamsStreaming;

const schema = {
  type: 'object',
  properties: { title: { type: 'string' } },
  required: ['title'],
  additionalProperties: false,
};

const weather = {
  name: 'weather',
  description: 'The weather of a town.',
  inputSchema: { type: 'object', properties: { town: { type: 'string' } }, required: ['town'] },
};
const { inputSchema: parameters, ...named } = weather;

const toldSchema = `Answer with nothing but JSON that fits this JSON Schema:\n${JSON.stringify(schema)}`;

const user = { role: 'user', content: 'Why?' } as const;
const system = { role: 'system', content: 'Be brief.' } as const;
const called: Message[] = [
  user,
  { role: 'assistant', content: 'Wait.', toolCalls: [{ id: 'a1', name: 'weather', arguments: '{"town":"Ulm"}' }] },
  { role: 'tool', callId: 'a1', name: 'weather', content: 'Rain.' },
];

/** What is asked of orch, and the same as the official client of OpenAI is asked. */
const asked: Record<string, [Partial<ModelRequest>, Partial<Body>]> = {
  text: [{ messages: [user] }, { messages: [user] }],
  'a system text': [{ messages: [system, user] }, { messages: [system, user] }],
  options: [
    { options: { temperature: 0.1, top_p: 0.9, top_k: 40, seed: 7, stop: ['END'], max_tokens: 50 } },
    { temperature: 0.1, top_p: 0.9, ...{ top_k: 40 }, seed: 7, stop: ['END'], max_tokens: 50 },
  ],
  'a schema': [{ schema }, { messages: [system, { ...user, content: `Why?\n\n${toldSchema}` }] }],
  tools: [{ tools: [weather] }, { tools: [{ type: 'function', function: { ...named, parameters } }] }],
  'calls and what came of them': [
    { messages: called },
    {
      messages: [
        user,
        {
          role: 'assistant',
          content: 'Wait.',
          tool_calls: [{ id: 'a1', type: 'function', function: { name: 'weather', arguments: '{"town":"Ulm"}' } }],
        },
        { role: 'tool', tool_call_id: 'a1', content: 'Rain.' },
      ],
    },
  ],
};

test.each(Object.entries(asked))('%s: the request is the one that the official client sends', async (_, both) => {
  const [ours, theirs] = both;
  const { url, seen } = await serve(says(chunk({ content: 'So.' }), chunk({}, 'stop'), '[DONE]'));
  const defaultHeaders = { 'X-Team': 'blue', authorization: null };
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0, defaultHeaders });
  const messages = ask().messages as Body['messages'];
  const stream = { stream: true, stream_options: { include_usage: true } } as const;
  const body = { model: 'mlx-community/Qwen', messages, max_tokens: 4096, ...stream, ...theirs };
  for await (const _ of await client.chat.completions.create(body));

  const { mlx, context } = open(`${url}/v1`, { headers: { 'X-Team': 'blue' } });
  await mlx.complete(ask(ours), context);
  const [sent, wanted] = [seen[1], seen[0]];
  expect(sent?.body).toEqual(wanted?.body);
  expect(sent?.url).toBe(wanted?.url);
  for (const header of ['content-type', 'accept', 'authorization', 'x-team']) {
    expect(sent?.headers[header]).toBe(wanted?.headers[header]);
  }
  expect(sent?.headers.authorization).toBeUndefined();
});

test('what is streamed is asked for as the whole answer is', async () => {
  const { url, seen } = await serve(says(chunk({}, 'stop'), '[DONE]'));
  const { mlx, context } = open(url);
  await mlx.complete(ask(), context);
  for await (const _ of mlx.stream(ask(), context));
  expect(seen[1]).toEqual(seen[0]);
});

test('models are asked for as the official client does', async () => {
  const { url, seen } = await serve((response) => {
    response.setHeader('content-type', 'application/json').end('{"object":"list","data":[]}');
  });
  await new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }).models.list();
  const { mlx, context } = open(`${url}/v1`);
  expect(await failureOf(mlx.check(undefined, context))).toMatchObject({ code: 'model_missing' });
  expect(seen[1]?.url).toBe(seen[0]?.url);
});
