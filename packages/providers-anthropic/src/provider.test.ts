import { failureOf, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, open, says, toSse, whole } from './testing/exchange.ts';

type Body = Readonly<Record<string, unknown>>;

test('the identity states what is really sent, the version too', () => {
  const options = { temperature: 0.5, stop: ['END'], max_tokens: 50 };
  const settings = { apiKey: 'sk-ant-test', options: { top_k: 3, max_tokens: 9 } };
  expect(open(settings).anthropic.identify(ask({ options }))).toEqual({
    name: 'anthropic',
    model: 'claude-x',
    opts: { max_tokens: 50, stop: ['END'], api_version: '2026-10-21' },
  });
  const older = open({ ...settings, apiVersion: '2023-06-01' });
  expect(older.anthropic.identify(ask({ options })).opts).toEqual({
    ...{ temperature: 0.5, top_k: 3, max_tokens: 50, stop: ['END'] },
    api_version: '2023-06-01',
  });
  expect(open().anthropic.identify(ask()).opts).toEqual({ max_tokens: 32_000, api_version: '2026-10-21' });
});

test('a compatible server is named as the service', () => {
  expect(open({ baseUrl: 'https://gate.example/claude/' }).anthropic.identify(ask()).service).toBe(
    'gate.example/claude',
  );
  expect(open({ apiKey: 'k' }).anthropic.identify(ask()).service).toBeUndefined();
  expect([open().anthropic.can.local, open({ baseUrl: 'http://127.0.0.1:1' }).anthropic.can.local]).toEqual([
    false,
    true,
  ]);
});

test('without a key none is sent, and headers that were set win', async () => {
  const { url, seen } = await serve(says(...whole));
  const headers = { 'X-Team': 'blue', Accept: 'text/event-stream' };
  const { anthropic, context } = open({ baseUrl: url, headers });
  await anthropic.complete(ask(), context);
  expect(seen[0]?.headers).toMatchObject({ 'x-team': 'blue', accept: 'text/event-stream' });
  expect(seen[0]?.headers.authorization).toBeUndefined();
});

test.each([
  ['2023-06-01', 'authorization', 'x-api-key'],
  ['2026-10-21', 'x-api-key', 'authorization'],
])('%s: a key that was set as the header %s is the only one', async (apiVersion, header, other) => {
  const { url, seen } = await serve(says(...whole));
  const { anthropic, context } = open({
    baseUrl: url,
    apiVersion,
    apiKey: 'sk-ant-test',
    headers: { [header]: 'mine' },
  });
  await anthropic.complete(ask(), context);
  expect([seen[0]?.headers[header], seen[0]?.headers[other]]).toEqual(['mine', undefined]);
});

test('options that are left out are told of once, whoever asks', async () => {
  const { url } = await serve(says(...whole));
  const { anthropic, context, notices } = open({ baseUrl: url, options: { top_p: 0.9 } });
  const request = ask({ options: { temperature: 0.2, top_p: undefined } });
  await Promise.all([anthropic.complete(request, context), anthropic.complete(request, context)]);
  for await (const _ of anthropic.stream(request, context));
  expect(notices).toEqual([{ type: 'warning', message: expect.stringContaining('without temperature, top_p:') }]);
  expect(notices[0]).toMatchObject({ message: expect.stringContaining('ANTHROPIC_VERSION') });
});

test.each([
  ['nothing was asked for that is left out', {}, { max_tokens: 9 }],
  ['the version takes it', { apiVersion: '2023-06-01' }, { temperature: 0.2 }],
])('no warning when %s', async (_, settings, options) => {
  const { url } = await serve(says(...whole));
  const { anthropic, context, notices } = open({ baseUrl: url, ...settings });
  await anthropic.complete(ask({ options }), context);
  expect(notices).toEqual([]);
});

test.each([
  [{ seed: 1 }, '`seed`'],
  [{ num_ctx: 1 }, '`num_ctx`'],
  [{ temperature: 1.5 }, '`temperature`'],
])('the option %o is refused by name', async (options, said) => {
  const { anthropic, context } = open();
  expect(() => anthropic.identify(ask({ options }))).toThrow(said);
  expect(await failureOf(anthropic.complete(ask({ options }), context))).toMatchObject({ code: 'usage' });
});

test.each([
  [{ apiVersion: '2024-01-01' }, '2023-06-01 or 2026-10-21, got `2024-01-01`'],
  [{ api: 'chat' }, '`chat`'],
  [{ options: { seed: 1 } }, '`seed`'],
  [{ baseUrl: 'ftp://x' }, '`ftp://x`'],
  [{ headers: { 'Anthropic-Version': '2030-01-01' } }, '`anthropic-version`'],
])('settings %o are refused', (settings, said) => {
  expect(() => open(settings)).toThrow(said);
});

test('a version that is not known: the variable is named', () => {
  expect(() => open({ apiVersion: 'new' })).toThrow(
    expect.objectContaining({ code: 'usage', hint: expect.stringContaining('ANTHROPIC_VERSION') }),
  );
});

test.each([
  ['2026-10-21', { type: 'object', additionalProperties: { type: 'string' } }],
  ['2023-06-01', { type: 'array', items: { type: 'string' } }],
])('%s: a schema that cannot be enforced is told to the model, after the question', async (apiVersion, schema) => {
  const { url, seen } = await serve(says(...whole));
  const { anthropic, context } = open({ baseUrl: url, apiVersion });
  await anthropic.complete(ask({ schema }), context);
  const { system, messages, output_config, tools } = seen[0]?.body as Body;
  expect(system).toBe('Be brief.');
  expect(messages).toEqual([
    { role: 'user', content: expect.stringMatching(/^Why\?\n\nAnswer with nothing but JSON/) },
  ]);
  expect(JSON.stringify(messages)).toContain(JSON.stringify(JSON.stringify(schema)).slice(1, -1));
  expect([output_config, tools]).toEqual([undefined, undefined]);
});

test('the name of the tool for the answer is taken', async () => {
  const { anthropic, context } = open();
  const tools = [{ name: 'orch_answer', inputSchema: { type: 'object' } }];
  expect(await failureOf(anthropic.complete(ask({ tools }), context))).toMatchObject({
    code: 'usage',
    message: expect.stringContaining('orch_answer'),
  });
});

test('a cancel ends the connection in the middle of an answer', async () => {
  const gone = Promise.withResolvers<void>();
  const { url } = await serve((response) => {
    response.on('close', gone.resolve);
    response.setHeader('content-type', 'text/event-stream');
    response.write(toSse(whole.slice(0, 3)));
  });
  const { anthropic, context } = open({ baseUrl: url, maxRetries: 3 });
  const cancel = new AbortController();
  const parts = anthropic.stream(ask(), { ...context, signal: cancel.signal })[Symbol.asyncIterator]();
  await parts.next();
  const failure = failureOf(parts.next());
  cancel.abort();
  expect(await failure).toMatchObject({ code: 'canceled' });
  await gone.promise;
});
