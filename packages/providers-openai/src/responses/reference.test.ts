import type { ModelRequest } from '@orch/contracts';
import { all, expectSameRequests, titleSchema } from '@orch/testkit';
import OpenAI from 'openai';
import { test } from 'vitest';
import { ask, open, says } from '../testing/exchange.ts';
import { dotUrl, inputSchema, talks, tools } from '../testing/talks.ts';

type Params = Omit<OpenAI.Responses.ResponseCreateParamsStreaming, 'model' | 'stream' | 'store'>;
const asked: readonly [string, Partial<ModelRequest>, Params][] = [
  ['a text', { messages: talks.text }, { input: [{ role: 'user', content: 'Why?' }] }],
  [
    'a system text and options',
    { messages: talks.system, options: { temperature: 0.1, top_p: 0.9, max_tokens: 50 } },
    {
      instructions: 'Be brief.',
      input: [{ role: 'user', content: 'Why?' }],
      temperature: 0.1,
      top_p: 0.9,
      max_output_tokens: 50,
    },
  ],
  [
    'an image',
    { messages: talks.images },
    {
      input: [
        {
          role: 'user',
          content: [
            { type: 'input_text', text: 'What is it?' },
            { type: 'input_image', image_url: dotUrl, detail: 'auto' },
          ],
        },
      ],
    },
  ],
  [
    'tools and their results',
    { messages: talks.toolResults, tools },
    {
      input: [
        { role: 'user', content: 'Read both.' },
        { type: 'function_call', call_id: 'call_a', name: 'fs__read', arguments: '{"path":"a"}' },
        { type: 'function_call', call_id: 'call_b', name: 'fs__read', arguments: '{"path":"b"}' },
        { type: 'function_call_output', call_id: 'call_a', output: 'one' },
        { type: 'function_call_output', call_id: 'call_b', output: 'no such file' },
        { role: 'assistant', content: 'Shall I go on?' },
        { role: 'user', content: 'Yes.' },
      ],
      tools: [
        {
          type: 'function',
          name: 'fs__read',
          description: 'Reads a file.',
          parameters: inputSchema,
          strict: false,
        },
        { type: 'function', name: 'fs__list', parameters: inputSchema, strict: false },
      ],
    },
  ],
  [
    'a schema',
    { messages: talks.text, schema: titleSchema },
    {
      input: [{ role: 'user', content: 'Why?' }],
      text: { format: { type: 'json_schema', name: 'answer', schema: titleSchema, strict: true } },
    },
  ],
  [
    'system texts only',
    { messages: [{ role: 'system', content: 'Tell a joke.' }] },
    { input: [{ role: 'system', content: 'Tell a joke.' }] },
  ],
];

test.each(asked)('Responses: %s is asked as the official client does', async (_, request, params) => {
  await expectSameRequests({
    answer: says({ type: 'response.completed', response: { status: 'completed', output: [] } }),
    async official(url) {
      const client = new OpenAI({ apiKey: 'sk-test', baseURL: `${url}/v1`, maxRetries: 0 });
      await all(await client.responses.create({ model: 'gpt-x', ...params, store: false, stream: true }));
    },
    async ours(url) {
      const { openai, context } = open({ apiKey: 'sk-test', baseUrl: `${url}/v1`, api: 'responses' });
      await openai.complete(ask(request), context);
    },
  });
});
