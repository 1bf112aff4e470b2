import type { Message, ModelRequest } from '@orch/contracts';
import {
  all,
  expectSameRequests,
  failureOf,
  responds,
  titleSchema,
  toldTitleSchema,
  weather,
  weatherFunction,
} from '@orch/testkit';
import OpenAI from 'openai';
import { expect, test } from 'vitest';
import { ask, chunk, open, says } from './testing/exchange.ts';

type Body = OpenAI.ChatCompletionCreateParamsStreaming;

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
  'a schema': [{ schema: titleSchema }, { messages: [system, { ...user, content: `Why?\n\n${toldTitleSchema}` }] }],
  tools: [{ tools: [weather] }, { tools: [weatherFunction] }],
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

const headers = ['content-type', 'accept', 'authorization', 'x-team'];

test.each(Object.entries(asked))('%s: the request is the one that the official client sends', async (_, both) => {
  const [ours, theirs] = both;
  const messages = ask().messages as Body['messages'];
  const stream = { stream: true, stream_options: { include_usage: true } } as const;
  const body = { model: 'mlx-community/Qwen', messages, max_tokens: 4096, ...stream, ...theirs };
  const [sent] = await expectSameRequests({
    answer: says(chunk({ content: 'So.' }), chunk({}, 'stop'), '[DONE]'),
    headers,
    async official(url) {
      const defaultHeaders = { 'X-Team': 'blue', authorization: null };
      const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0, defaultHeaders });
      await all(await client.chat.completions.create(body));
    },
    async ours(url) {
      const { mlx, context } = open(`${url}/v1`, { headers: { 'X-Team': 'blue' } });
      await mlx.complete(ask(ours), context);
    },
  });
  expect(sent?.headers.authorization).toBeUndefined();
});

test('models are asked for as the official client does', async () => {
  await expectSameRequests({
    answer: responds(200, '{"object":"list","data":[]}'),
    headers: [],
    official: async (url) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'none', maxRetries: 0 }).models.list(),
    async ours(url) {
      const { mlx, context } = open(`${url}/v1`);
      expect(await failureOf(mlx.check(undefined, context))).toMatchObject({ code: 'model_missing' });
    },
  });
});
