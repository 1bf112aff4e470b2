import type { ModelRequest } from '@orch/contracts';
import { all, expectSameRequests, titleSchema } from '@orch/testkit';
import OpenAI, { AzureOpenAI } from 'openai';
import { expect, test } from 'vitest';
import { ask, end, open, says } from '../testing/exchange.ts';
import { dotUrl, inputSchema, talks, tools } from '../testing/talks.ts';

type Params = Omit<OpenAI.Chat.ChatCompletionCreateParamsStreaming, 'model' | 'stream' | 'stream_options'>;
const asked: readonly [string, Partial<ModelRequest>, Params][] = [
  ['a text', { messages: talks.text }, { messages: [{ role: 'user', content: 'Why?' }] }],
  [
    'a system text and options',
    { messages: talks.system, options: { temperature: 0.1, top_p: 0.9, seed: 7, stop: ['END'], max_tokens: 50 } },
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Why?' },
      ],
      temperature: 0.1,
      top_p: 0.9,
      seed: 7,
      stop: ['END'],
      max_tokens: 50,
    },
  ],
  [
    'an image',
    { messages: talks.images },
    {
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'What is it?' },
            { type: 'image_url', image_url: { url: dotUrl } },
          ],
        },
      ],
    },
  ],
  [
    'tools and their results',
    { messages: talks.toolResults, tools },
    {
      messages: [
        { role: 'user', content: 'Read both.' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_a', type: 'function', function: { name: 'fs__read', arguments: '{"path":"a"}' } },
            { id: 'call_b', type: 'function', function: { name: 'fs__read', arguments: '{"path":"b"}' } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_a', content: 'one' },
        { role: 'tool', tool_call_id: 'call_b', content: 'no such file' },
        { role: 'assistant', content: 'Shall I go on?' },
        { role: 'user', content: 'Yes.' },
      ],
      tools: [
        { type: 'function', function: { name: 'fs__read', description: 'Reads a file.', parameters: inputSchema } },
        { type: 'function', function: { name: 'fs__list', parameters: inputSchema } },
      ],
    },
  ],
  [
    'a schema',
    { messages: talks.text, schema: titleSchema },
    {
      messages: [{ role: 'user', content: 'Why?' }],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema: titleSchema, strict: true } },
    },
  ],
];

const answer = says(end('stop'), '[DONE]');
const common = { model: 'gpt-x', stream: true, stream_options: { include_usage: true } } as const;

test.each(asked)('chat: %s is asked as the official client does', async (_, request, params) => {
  await expectSameRequests({
    answer,
    async official(url) {
      const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${url}/v1`, maxRetries: 0 });
      await all(await client.chat.completions.create({ ...params, ...common }));
    },
    async ours(url) {
      const { openai, context } = open({ apiKey: 'sk-test', baseUrl: `${url}/v1` });
      await openai.complete(ask(request), context);
    },
  });
});

test('Azure is asked as its official client does: by api-key, with the version behind the path', async () => {
  const [sent] = await expectSameRequests({
    answer,
    headers: ['authorization', 'content-type', 'accept', 'api-key'],
    async official(url) {
      const baseURL = `${url}/v1/deployments/mine`;
      const client = new AzureOpenAI({ apiKey: 'azure-key', apiVersion: '2024-10-21', baseURL, maxRetries: 0 });
      await all(await client.chat.completions.create({ messages: [...talks.text], ...common }));
    },
    async ours(url) {
      const baseUrl = `${url}/v1/deployments/mine/?api-version=2024-10-21`;
      const { openai, context } = open({ apiKey: 'sk-test', baseUrl, headers: { 'Api-Key': 'azure-key' } });
      await openai.complete(ask({ messages: talks.text }), context);
    },
  });
  expect(sent?.headers['api-key']).toBe('azure-key');
  expect(sent?.headers.authorization).toBeUndefined();
});
