import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Message, ModelRequest } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { FakeClock } from '@orch/testkit';
import OpenAI, { AzureOpenAI } from 'openai';
import { expect, onTestFinished, test } from 'vitest';
import { createOpenai } from './provider.ts';

type Seen = { readonly url: string | undefined; readonly headers: IncomingHttpHeaders; readonly body: unknown };

const lastChunk = {
  id: '1',
  object: 'chat.completion.chunk',
  choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
};
const lastEvent = { type: 'response.completed', response: { status: 'completed', output: [] } };

/** Keeps what it is sent, and answers as either interface does. */
async function capture() {
  const seen: Seen[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { url, headers } = request;
      seen.push({ url, headers, body: JSON.parse(Buffer.concat(chunks).toString()) });
      response.setHeader('content-type', 'text/event-stream');
      const last = url?.includes('/responses') === true ? lastEvent : lastChunk;
      response.end(`data: ${JSON.stringify(last)}\n\ndata: [DONE]\n\n`);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`, seen };
}

async function readAll(parts: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of parts);
}

async function ask(settings: SettingsInput, request: Pick<ModelRequest, 'messages'> & Partial<ModelRequest>) {
  const clock = new FakeClock();
  const openai = createOpenai({ apiKey: 'sk-test', maxRetries: 0, ...settings }, { clock });
  onTestFinished(() => openai.close?.());
  const asked = { step: 'a', sample: 0, messagesSha256: '0'.repeat(64) };
  const context = { signal: new AbortController().signal, clock };
  await openai.complete({ model: 'gpt-x', options: {}, asked, ...request }, context);
}

function expectSame([theirs, ours]: readonly Seen[], ...more: string[]): void {
  expect(ours?.body).toEqual(theirs?.body);
  expect(ours?.url).toBe(theirs?.url);
  for (const header of ['authorization', 'content-type', 'accept', ...more]) {
    expect([header, ours?.headers[header]]).toEqual([header, theirs?.headers[header]]);
  }
}

const schema = {
  type: 'object',
  properties: { title: { type: 'string' } },
  required: ['title'],
  additionalProperties: false,
};
const inputSchema = { type: 'object', properties: { path: { type: 'string' } } };
const pixel = 'iVBORw0KGgo=';
const url = `data:image/png;base64,${pixel}`;

const talks = {
  text: [{ role: 'user', content: 'Why?' }],
  system: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Why?' },
  ],
  images: [{ role: 'user', content: 'What is it?', images: [{ mediaType: 'image/png', data: pixel }] }],
  toolResults: [
    { role: 'user', content: 'Read both.' },
    {
      role: 'assistant',
      content: '',
      toolCalls: [
        { id: 'call_a', name: 'fs__read', arguments: '{"path":"a"}' },
        { id: 'call_b', name: 'fs__read', arguments: '{"path":"b"}' },
      ],
    },
    { role: 'tool', callId: 'call_a', name: 'fs__read', content: 'one' },
    { role: 'tool', callId: 'call_b', name: 'fs__read', content: 'no such file', isError: true },
    { role: 'assistant', content: 'Shall I go on?' },
    { role: 'user', content: 'Yes.' },
  ],
} as const satisfies Record<string, readonly Message[]>;

const tools = [
  { name: 'fs__read', description: 'Reads a file.', inputSchema },
  { name: 'fs__list', inputSchema },
];
const sampling = { temperature: 0.1, top_p: 0.9 };

type Chat = Omit<OpenAI.Chat.ChatCompletionCreateParamsStreaming, 'model' | 'stream' | 'stream_options'>;
const chats: readonly [string, Omit<ModelRequest, 'asked' | 'options'> & Partial<ModelRequest>, Chat][] = [
  ['a text', { messages: talks.text }, { messages: [{ role: 'user', content: 'Why?' }] }],
  [
    'a system text and options',
    { messages: talks.system, options: { ...sampling, seed: 7, stop: ['END'], max_tokens: 50 } },
    {
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Why?' },
      ],
      ...sampling,
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
            { type: 'image_url', image_url: { url } },
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
    { messages: talks.text, schema },
    {
      messages: [{ role: 'user', content: 'Why?' }],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
    },
  ],
];

test.each(chats)('chat: %s is asked as the official client does', async (_, request, params) => {
  const { url: baseUrl, seen } = await capture();
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: baseUrl, maxRetries: 0 });
  const streamed = { stream: true, stream_options: { include_usage: true } } as const;
  await readAll(await client.chat.completions.create({ model: 'gpt-x', ...params, ...streamed }));
  await ask({ baseUrl }, request);
  expectSame(seen);
});

type Responses = Omit<OpenAI.Responses.ResponseCreateParamsStreaming, 'model' | 'stream' | 'store'>;
const responses: readonly [string, Omit<ModelRequest, 'asked' | 'options'> & Partial<ModelRequest>, Responses][] = [
  ['a text', { messages: talks.text }, { input: [{ role: 'user', content: 'Why?' }] }],
  [
    'a system text and options',
    { messages: talks.system, options: { ...sampling, max_tokens: 50 } },
    {
      instructions: 'Be brief.',
      input: [{ role: 'user', content: 'Why?' }],
      ...sampling,
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
            { type: 'input_image', image_url: url, detail: 'auto' },
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
    { messages: talks.text, schema },
    {
      input: [{ role: 'user', content: 'Why?' }],
      text: { format: { type: 'json_schema', name: 'answer', schema, strict: true } },
    },
  ],
  [
    'system texts only',
    { messages: [{ role: 'system', content: 'Tell a joke.' }] },
    { input: [{ role: 'system', content: 'Tell a joke.' }] },
  ],
];

test.each(responses)('Responses: %s is asked as the official client does', async (_, request, params) => {
  const { url: baseUrl, seen } = await capture();
  const client = new OpenAI({ apiKey: 'sk-test', baseURL: baseUrl, maxRetries: 0 });
  await readAll(await client.responses.create({ model: 'gpt-x', ...params, store: false, stream: true }));
  await ask({ baseUrl, api: 'responses' }, request);
  expectSame(seen);
});

test('Azure is asked as its official client does: by api-key, with the version behind the path', async () => {
  const { url: base, seen } = await capture();
  const baseURL = `${base}/deployments/mine`;
  const client = new AzureOpenAI({ apiKey: 'azure-key', apiVersion: '2024-10-21', baseURL, maxRetries: 0 });
  const messages = [{ role: 'user' as const, content: 'Why?' }];
  const streamed = { stream: true, stream_options: { include_usage: true } } as const;
  await readAll(await client.chat.completions.create({ model: 'gpt-x', messages, ...streamed }));
  const headers = { 'Api-Key': 'azure-key' };
  await ask({ baseUrl: `${baseURL}/?api-version=2024-10-21`, headers }, { messages });
  expectSame(seen, 'api-key');
  expect(seen[1]?.headers.authorization).toBeUndefined();
});
