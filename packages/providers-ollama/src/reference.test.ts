import type { Message, ModelRequest } from '@orch/contracts';
import { all, dotPng, expectSameRequests, titleSchema, toldTitleSchema, weather, weatherFunction } from '@orch/testkit';
import { Ollama } from 'ollama';
import type { ChatRequest } from 'ollama';
import { test } from 'vitest';
import { ask, done, open, says } from './testing/exchange.ts';

const user = { role: 'user', content: 'Why?' } as const;
const system = { role: 'system', content: 'Be brief.' } as const;
const called: Message[] = [
  user,
  {
    role: 'assistant',
    content: '',
    toolCalls: [
      { id: 'call_1', name: 'weather', arguments: '{"town":"Ulm"}' },
      { id: 'call_2', name: 'weather', arguments: '' },
    ],
  },
  { role: 'tool', callId: 'call_1', name: 'weather', content: 'Rain.' },
  { role: 'tool', callId: 'call_2', name: 'weather', content: 'Which town?', isError: true },
];

/** What is asked of orch, and the same as the official client is asked. */
const asked: Record<string, [Partial<ModelRequest>, Partial<ChatRequest>]> = {
  text: [{ messages: [user] }, { messages: [user] }],
  'a system text': [{ messages: [system, user] }, { messages: [system, user] }],
  options: [
    { options: { temperature: 0.1, top_p: 0.9, top_k: 40, seed: 7, stop: ['END'], num_ctx: 4096, max_tokens: 50 } },
    { options: { temperature: 0.1, top_p: 0.9, top_k: 40, seed: 7, stop: ['END'], num_ctx: 4096, num_predict: 50 } },
  ],
  'a schema': [{ schema: titleSchema }, { format: titleSchema }],
  'a schema beside tools, which is told': [
    { schema: titleSchema, tools: [weather] },
    {
      messages: [system, { ...user, content: `Why?\n\n${toldTitleSchema}` }],
      tools: [weatherFunction],
    },
  ],
  images: [
    { messages: [{ ...user, images: [{ mediaType: 'image/png', data: dotPng }] }] },
    { messages: [{ ...user, images: [Buffer.from(dotPng, 'base64')] }] },
  ],
  tools: [{ tools: [weather] }, { tools: [weatherFunction] }],
  'calls and what came of them': [
    { messages: called, tools: [weather] },
    {
      messages: [
        user,
        {
          role: 'assistant',
          content: '',
          tool_calls: [
            { function: { name: 'weather', arguments: { town: 'Ulm' } } },
            { function: { name: 'weather', arguments: {} } },
          ],
        },
        { role: 'tool', tool_name: 'weather', content: 'Rain.' },
        { role: 'tool', tool_name: 'weather', content: 'Which town?' },
      ],
      tools: [weatherFunction],
    },
  ],
};

const headers = ['content-type', 'accept', 'authorization', 'x-team'];

test.each(Object.entries(asked))('%s: the request is the one that the official client sends', async (_, both) => {
  const [ours, theirs] = both;
  const messages = ask().messages as ChatRequest['messages'] & object;
  const request = { model: 'llama3', messages, options: { num_ctx: 8192 }, ...theirs, stream: true } as const;
  await expectSameRequests({
    answer: says(done),
    headers,
    async official(host) {
      const client = new Ollama({ host, headers: { authorization: 'Bearer key', 'X-Team': 'blue' } });
      await all(await client.chat(request));
    },
    async ours(url) {
      const { ollama, context } = open(url, { apiKey: 'key', headers: { 'X-Team': 'blue' } });
      await ollama.complete(ask(ours), context);
    },
  });
});

test('models are asked for as the official client does', async () => {
  await expectSameRequests({
    answer: (response, { url }) =>
      response.end(JSON.stringify(url === '/api/tags' ? { models: [{ name: 'llama3' }] } : {})),
    headers: [],
    async official(host) {
      const client = new Ollama({ host });
      await client.list();
      await client.show({ model: 'llama3' });
    },
    async ours(url) {
      const { ollama, context } = open(url);
      await ollama.models?.(context);
    },
  });
});
