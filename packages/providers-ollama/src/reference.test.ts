import type { Message, ModelRequest } from '@orch/contracts';
import { serve } from '@orch/testkit';
import { Ollama } from 'ollama';
import type { ChatRequest } from 'ollama';
import { expect, test } from 'vitest';
import { ask, done, open, says } from './testing/exchange.ts';

const dot = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII=';

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
  'a schema': [{ schema }, { format: schema }],
  'a schema beside tools, which is told': [
    { schema, tools: [weather] },
    {
      messages: [system, { ...user, content: `Why?\n\n${toldSchema}` }],
      tools: [{ type: 'function', function: { ...named, parameters } }],
    },
  ],
  images: [
    { messages: [{ ...user, images: [{ mediaType: 'image/png', data: dot }] }] },
    { messages: [{ ...user, images: [Buffer.from(dot, 'base64')] }] },
  ],
  tools: [{ tools: [weather] }, { tools: [{ type: 'function', function: { ...named, parameters } }] }],
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
      tools: [{ type: 'function', function: { ...named, parameters } }],
    },
  ],
};

const headers = ['content-type', 'accept', 'authorization', 'x-team'];

test.each(Object.entries(asked))('%s: the request is the one that the official client sends', async (_, both) => {
  const [ours, theirs] = both;
  const { url, seen } = await serve(says(done));
  const client = new Ollama({ host: url, headers: { authorization: 'Bearer key', 'X-Team': 'blue' } });
  const context = { num_ctx: 8192 };
  const messages = ask().messages as ChatRequest['messages'] & object;
  const request = { model: 'llama3', messages, options: context, ...theirs, stream: true } as const;
  for await (const _ of await client.chat(request));

  const { ollama, context: lent } = open(url, { apiKey: 'key', headers: { 'X-Team': 'blue' } });
  await ollama.complete(ask(ours), lent);
  const [sent, wanted] = [seen[1], seen[0]];
  expect(sent?.body).toEqual(wanted?.body);
  expect(sent?.url).toBe(wanted?.url);
  for (const header of headers) expect(sent?.headers[header]).toBe(wanted?.headers[header]);
});

test('what is streamed is asked for as the whole answer is', async () => {
  const { url, seen } = await serve(says(done));
  const { ollama, context } = open(url);
  await ollama.complete(ask(), context);
  for await (const _ of ollama.stream(ask(), context));
  expect(seen[1]).toEqual(seen[0]);
});

test('models are asked for as the official client does', async () => {
  const { url, seen } = await serve((response, request) =>
    response.end(JSON.stringify(request.url === '/api/tags' ? { models: [{ name: 'llama3' }] } : {})),
  );
  const client = new Ollama({ host: url });
  await client.list();
  await client.show({ model: 'llama3' });
  const { ollama, context } = open(url);
  await ollama.models?.(context);
  const asks = seen.map(({ url: path, body }) => ({ path, body }));
  expect(asks.slice(2)).toEqual(asks.slice(0, 2));
});
