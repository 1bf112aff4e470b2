import type { ServerResponse } from 'node:http';
import type { Http } from '@orch/providers-core';
import { failureOf, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { check } from './check.ts';
import { toAnthropicSettings } from './settings.ts';
import { ask, open } from './testing/exchange.ts';

const answers = (status: number, body: unknown) => (response: ServerResponse) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** Anthropic itself, as far as it is asked about a model. */
function vendor(found: unknown) {
  const asked: string[] = [];
  const json: Http['json'] = async ({ url }) => {
    asked.push(url);
    return found;
  };
  const http = { json } as Http;
  const { context } = open();
  return { asked, service: { settings: toAnthropicSettings({ apiKey: 'sk-ant-test' }), http, context } };
}

test('Anthropic itself wants a key, and says which', async () => {
  const { anthropic, context } = open();
  const wanted = { code: 'unconfigured', message: expect.stringContaining('ANTHROPIC_API_KEY is not set') };
  expect(await failureOf(anthropic.check('claude-x', context))).toMatchObject(wanted);
  expect(await failureOf(anthropic.models!(context))).toMatchObject(wanted);
  expect(await failureOf(anthropic.check(undefined, context))).toMatchObject({
    ...wanted,
    hint: expect.stringContaining('anthropic:MODEL'),
  });
});

test('Anthropic itself is asked for the one model, also by a short name', async () => {
  const { service, asked } = vendor({ id: 'claude-x-20261101', max_input_tokens: 200_000, lifecycle: 'active' });
  expect(await check(service, 'claude-x')).toEqual({ model: 'claude-x', contextTokens: 200_000 });
  expect(asked).toEqual(['https://api.anthropic.com/v1/models/claude-x']);
});

test('a model that was retired is missing', async () => {
  const { service } = vendor({ id: 'claude-1', lifecycle: 'retired' });
  expect(await failureOf(check(service, 'claude-1'))).toMatchObject({ code: 'model_missing' });
});

test('a compatible server has the models of its list', async () => {
  const { url, seen } = await serve(answers(200, { data: [{ id: 'one', max_input_tokens: 8192 }, { id: 'two' }] }));
  const { anthropic, context } = open({ baseUrl: url });
  expect(await anthropic.check('one', context)).toEqual({ model: 'one', contextTokens: 8192 });
  expect(await anthropic.check('two', context)).toEqual({ model: 'two' });
  expect(seen[0]?.url).toBe('/v1/models?limit=1000');
  expect(await failureOf(anthropic.check('three', context))).toMatchObject({
    code: 'model_missing',
    message: expect.stringContaining('it has one, two'),
  });
  expect(await failureOf(anthropic.check(undefined, context))).toMatchObject({ code: 'unconfigured' });
});

test.each([
  [404, { detail: 'Not Found' }],
  [200, { hello: 'world' }],
])('a compatible server without a list (%i) may have any model', async (status, body) => {
  const { url } = await serve(answers(status, body));
  const { anthropic, context } = open({ baseUrl: url });
  expect(await anthropic.check('any', context)).toMatchObject({
    model: 'any',
    doubt: { code: 'unconfigured', hint: expect.stringContaining('without the /v1') },
  });
});

test('models are listed page by page, with their context', async () => {
  const pages: Record<string, object> = {
    '/v1/models?limit=1000': { data: [{ id: 'a', max_input_tokens: 1000 }], has_more: true, last_id: 'a' },
    '/v1/models?limit=1000&after_id=a': { data: [{ id: 'b' }, { nameless: true }], has_more: true, last_id: 'a' },
  };
  const { url } = await serve((response, request) => answers(200, pages[request.url ?? ''])(response));
  const { anthropic, context } = open({ baseUrl: url });
  expect(await anthropic.models?.(context)).toEqual([{ id: 'a', contextTokens: 1000 }, { id: 'b' }]);
});

test('a list that is none is told', async () => {
  const { url } = await serve(answers(200, { models: [] }));
  const { anthropic, context } = open({ baseUrl: url });
  expect(await failureOf(anthropic.models!(context))).toMatchObject({ code: 'bad_response' });
});

test('a server that is not there: where it is said', async () => {
  const { url } = await serve((response) => response.destroy());
  const { anthropic, context } = open({ baseUrl: url, maxRetries: 3 });
  expect(await failureOf(anthropic.check('x', context))).toMatchObject({
    code: 'network',
    retryable: false,
    hint: expect.stringContaining('ANTHROPIC_BASE_URL'),
  });
});

const error = (type: string, message: string) => ({ type: 'error', error: { type, message } });

test.each([
  ['without a key', 401, error('authentication_error', 'no'), {}, 'auth', 'Set ANTHROPIC_API_KEY'],
  [
    'a key for the other header',
    401,
    error('authentication_error', 'no'),
    { apiKey: 'k' },
    'auth',
    'ANTHROPIC_VERSION=2023-06-01',
  ],
  [
    'a header of its own',
    401,
    error('authentication_error', 'no'),
    { headers: { 'X-Api-Key': 'k' } },
    'auth',
    '`x-api-key`',
  ],
  ['a wrong base', 404, 'Not Found', {}, 'unconfigured', 'ANTHROPIC_BASE_URL'],
  [
    'a tool that may not be forced',
    400,
    error('invalid_request_error', 'tool_choice forces tool use, which this model does not take'),
    { apiVersion: '2023-06-01' },
    'bad_request',
    'Leave ANTHROPIC_VERSION out',
  ],
])('%s: what to do is said', async (_, status, body, settings, code, hint) => {
  const { url } = await serve(answers(status, body));
  const { anthropic, context } = open({ baseUrl: url, ...settings });
  expect(await failureOf(anthropic.complete(ask(), context))).toMatchObject({
    code,
    hint: expect.stringContaining(hint),
  });
});
