import { all, failureOf, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, done, open, says } from './testing/exchange.ts';

test('without any option the context size is still sent, and stated', async () => {
  const { url, seen } = await serve(says(done));
  const { ollama, context } = open(url);
  await ollama.complete(ask(), context);
  expect(seen[0]?.body).toMatchObject({ options: { num_ctx: 8192 } });
  expect(ollama.identify(ask({ options: { temperature: 0 } }))).toEqual({
    name: 'ollama',
    model: 'llama3',
    opts: { temperature: 0, num_ctx: 8192 },
  });
});

test('the identity states every option that is sent, those of the settings too', () => {
  const { ollama } = open('http://127.0.0.1:1', { options: { temperature: 0.1, seed: 1 } });
  const options = { top_p: 0.9, seed: 7, stop: ['END'], num_ctx: 4096, max_tokens: 50 };
  const opts = { temperature: 0.1, ...options };
  expect(ollama.identify(ask({ options }))).toEqual({ name: 'ollama', model: 'llama3', opts });
});

test.each([
  ['gpu.example', 'gpu.example:11434', false],
  ['gpu.example/ollama', 'gpu.example:11434/ollama', false],
  ['gpu.example:80', 'gpu.example', false],
  ['http://gpu.example', 'gpu.example', false],
  ['https://gpu.example/ollama/', 'gpu.example/ollama', false],
  ['10.0.0.7:1234', '10.0.0.7:1234', false],
  [':1234', undefined, true],
  ['127.0.0.1', undefined, true],
  ['0.0.0.0', undefined, true],
  ['http://0.0.0.0:1234', undefined, true],
  ['[::]:1234', undefined, true],
  ['::1', undefined, true],
])('OLLAMA_HOST %s: the service is %s, local %s', (host, service, local) => {
  const { ollama } = open(host);
  expect([ollama.identify(ask()).service, ollama.can.local]).toEqual([service, local]);
});

test.each([':x', 'http://', 'ftp://gpu.example', 'http://me:secret@gpu.example'])(
  'OLLAMA_HOST %s is refused',
  (host) => {
    expect(() => open(host)).toThrow(/^Expected the base URL of ollama/);
    expect(() => open(host)).not.toThrow('secret');
  },
);

test('text, counts and the end are read from the stream', async () => {
  const counts = { prompt_eval_count: 12, eval_count: 3, done_reason: 'length' };
  const { url } = await serve(
    says({ message: { content: 'Be' } }, { message: { content: 'cause' } }, { ...done, ...counts }),
  );
  const { ollama, context } = open(url);
  const deltas = await all(ollama.stream(ask(), context));
  expect(deltas).toEqual([
    { type: 'text', text: 'Be' },
    { type: 'text', text: 'cause' },
    {
      type: 'done',
      reply: {
        text: 'Because',
        finishReason: 'length',
        usage: { tokensIn: 12, tokensOut: 3 },
        modelReported: 'llama3:latest',
      },
    },
  ]);
});

test('a stream without its end is a network failure, an error inside it is one of the server', async () => {
  const cut = await serve(says({ message: { content: 'Be' } }));
  expect(await failureOf(open(cut.url).ollama.complete(ask(), open(cut.url).context))).toMatchObject({
    code: 'network',
  });
  const broken = await serve(says({ message: { content: 'Be' } }, { error: 'out of memory' }));
  const { ollama, context } = open(broken.url);
  expect(await failureOf(ollama.complete(ask(), context))).toMatchObject({
    code: 'server',
    message: expect.stringContaining('out of memory'),
  });
});

const call = (name: string, args: unknown) => ({ function: { name, arguments: args } });

test('calls are numbered through the whole answer, and their arguments are JSON again', async () => {
  const { url } = await serve(
    says(
      { message: { content: 'Let me see.' } },
      { message: { content: '', tool_calls: [call('weather', { town: 'Ulm' }), call('time', {})] } },
      { message: { content: '', tool_calls: [{ ...call('weather', { town: 'Bonn' }), id: 'given' }] } },
      done,
    ),
  );
  const { ollama, context } = open(url);
  const toolCalls = [
    { id: 'call_1', name: 'weather', arguments: '{"town":"Ulm"}' },
    { id: 'call_2', name: 'time', arguments: '{}' },
    { id: 'given', name: 'weather', arguments: '{"town":"Bonn"}' },
  ];
  const deltas = await all(ollama.stream(ask(), context));
  expect(deltas.slice(0, -1)).toEqual([
    { type: 'text', text: 'Let me see.' },
    ...toolCalls.map((one) => ({ type: 'tool_call', call: one })),
  ]);
  expect(deltas.at(-1)).toMatchObject({ reply: { text: 'Let me see.', toolCalls, finishReason: 'tool_calls' } });
});

test('an answer that was cut in the middle of its calls is cut, and a call without a name is none', async () => {
  const cut = { message: { content: '', tool_calls: [call('time', {})] }, done: true, done_reason: 'length' };
  const { ollama, context } = open((await serve(says(cut))).url);
  expect(await ollama.complete(ask(), context)).toMatchObject({ finishReason: 'length' });
  const nameless = open((await serve(says({ message: { tool_calls: [{ function: {} }] } }, done))).url);
  expect(await failureOf(nameless.ollama.complete(ask(), nameless.context))).toMatchObject({ code: 'bad_response' });
});

test('what a model thinks aloud is no part of its answer', async () => {
  const thought = { message: { role: 'assistant', content: '', thinking: 'They want to know why.' } };
  const { url } = await serve(says(thought, { message: { content: 'So.' } }, done));
  const { ollama, context } = open(url);
  expect(await ollama.complete(ask(), context)).toMatchObject({ text: 'So.' });
});

test.each(['load', 'unload'])('a server that did no more than %s the model has not answered', async (done_reason) => {
  const { url } = await serve(says({ ...done, done_reason }));
  const { ollama, context } = open(url);
  const message = expect.stringContaining(done_reason);
  expect(await failureOf(ollama.complete(ask(), context))).toMatchObject({ code: 'server', message });
});

test('a server that does not stream is understood too', async () => {
  const { url } = await serve((response) => {
    response.setHeader('content-type', 'application/json; charset=utf-8');
    const message = { role: 'assistant', content: 'All', tool_calls: [call('time', {})] };
    response.end(JSON.stringify({ ...done, message, prompt_eval_count: 12, eval_count: 3 }));
  });
  const { ollama, context } = open(url);
  expect(await ollama.complete(ask(), context)).toEqual({
    text: 'All',
    toolCalls: [{ id: 'call_1', name: 'time', arguments: '{}' }],
    finishReason: 'tool_calls',
    usage: { tokensIn: 12, tokensOut: 3 },
    modelReported: 'llama3:latest',
  });
});

test.each([
  ['[1]', { arguments: '[1]' }],
  ['{"a":', { arguments: '{"a":' }],
])('arguments of another model that are no object are shown as they were: %s', async (written, args) => {
  const { url, seen } = await serve(says(done));
  const { ollama, context } = open(url);
  const toolCalls = [{ id: '1', name: 'time', arguments: written }];
  await ollama.complete(ask({ messages: [{ role: 'assistant', content: '', toolCalls }] }), context);
  expect(seen[0]?.body).toMatchObject({ messages: [{ tool_calls: [call('time', args)] }] });
});

test('a prompt that would not fit is refused before it is sent', async () => {
  const { url, seen } = await serve(says(done));
  const { ollama, context } = open(url, { options: { num_ctx: 100 } });
  const messages = [{ role: 'user' as const, content: 'x'.repeat(404) }];
  const error = await failureOf(ollama.complete(ask({ messages }), context));
  expect(error).toMatchObject({ code: 'truncated', hint: expect.stringContaining('num_ctx: 128') });
  const tools = [{ name: 'x', description: 'x'.repeat(404), inputSchema: {} }];
  expect(await failureOf(ollama.complete(ask({ tools }), context))).toMatchObject({ code: 'truncated' });
  expect(seen).toHaveLength(0);
});

test('an option that Ollama does not know is refused by name', () => {
  expect(() => open('http://localhost', { options: { min_p: 0.1 } })).toThrow('`min_p`');
});
