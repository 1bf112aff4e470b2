import { failureOf, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { open } from './testing/exchange.ts';

test('check wants a key for OpenAI itself, and a model', async () => {
  const vendor = open({});
  expect(await failureOf(vendor.openai.check('gpt-x', vendor.context))).toMatchObject({
    code: 'unconfigured',
    message: expect.stringContaining('OPENAI_API_KEY is not set'),
  });
  const own = open({ baseUrl: 'http://127.0.0.1:1' });
  expect(await failureOf(own.openai.check(undefined, own.context))).toMatchObject({ code: 'unconfigured' });
});

test('check looks for the model in the list of a compatible server', async () => {
  const { url, seen } = await serve((response) => response.end('{"data":[{"id":"one"},{"id":"two"}]}'));
  const { openai, context } = open({ baseUrl: `${url}/v1`, apiKey: 'k' });
  expect(await openai.check('two', context)).toEqual({ model: 'two' });
  expect(seen[0]).toMatchObject({ url: '/v1/models', headers: { authorization: 'Bearer k' } });
  expect(await failureOf(openai.check('three', context))).toMatchObject({
    code: 'model_missing',
    message: expect.stringContaining('it has one, two'),
  });
});

test.each([
  [404, 'Not Found', undefined],
  [404, '{"error":"no such path"}', undefined],
  [200, '{"object":"list"}', undefined],
  [200, '<html></html>', undefined],
  [401, '{"error":{"message":"no"}}', 'auth'],
])('a list of models that answers %i %s leads to %s', async (status, body, code) => {
  const { url } = await serve((response) => response.writeHead(status).end(body));
  const { openai, context } = open({ baseUrl: url });
  if (code === undefined) {
    expect(await openai.check('any', context)).toMatchObject({
      model: 'any',
      doubt: { code: 'unconfigured', hint: expect.stringContaining('OPENAI_BASE_URL') },
    });
  } else
    expect(await failureOf(openai.check('any', context))).toMatchObject({
      code,
      hint: expect.stringContaining('OPENAI_API_KEY'),
    });
});

test('check says how to get to a server that is not there', async () => {
  const { url } = await serve((response) => void response.destroy());
  const { openai, context } = open({ baseUrl: url, maxRetries: 3 });
  expect(await failureOf(openai.check('x', context))).toMatchObject({
    code: 'network',
    retryable: false,
    hint: expect.stringContaining('OPENAI_BASE_URL'),
  });
});

test.each([
  [{ context_length: 131072 }, 131072],
  [{ max_model_len: 32768 }, 32768],
  [{ context_window: 8192 }, 8192],
  [{ context_length: 'big' }, undefined],
])('a model described by %j has a context of %s', async (fields, contextTokens) => {
  const list = { object: 'list', data: [{ id: 'one', ...fields }, { object: 'model' }, null] };
  const { url } = await serve((response) => response.end(JSON.stringify(list)));
  const { openai, context } = open({ baseUrl: url });
  expect(await openai.models?.(context)).toEqual([{ id: 'one', ...(contextTokens && { contextTokens }) }]);
  expect(await openai.check('one', context)).toEqual({ model: 'one', ...(contextTokens && { contextTokens }) });
});

test('a bare list of models is one too, and what is none is said to be none', async () => {
  const bare = await serve((response) => response.end('[{"id":"one"}]'));
  const list = open({ baseUrl: bare.url });
  expect(await list.openai.models?.(list.context)).toEqual([{ id: 'one' }]);
  const other = await serve((response) => response.end('{"models":[]}'));
  const none = open({ baseUrl: other.url });
  expect(await failureOf(none.openai.models!(none.context))).toMatchObject({ code: 'bad_response' });
  const vendor = open({});
  expect(await failureOf(vendor.openai.models!(vendor.context))).toMatchObject({ code: 'unconfigured' });
});
