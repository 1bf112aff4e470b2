import type { ModelRequest } from '@orch/contracts';
import { titleSchema } from '@orch/testkit';
import { expect, test } from 'vitest';
import { toRequest } from './request.ts';
import { toOpenaiSettings } from './settings.ts';
import { ask, open } from './testing/exchange.ts';

test('OpenAI itself is told max_completion_tokens, and needs no service in the identity', () => {
  const { body, url } = toRequest(toOpenaiSettings({ apiKey: 'sk-x' }), {
    ...ask({ options: { max_tokens: 9 } }),
    model: 'gpt-x',
  });
  expect(url).toBe('https://api.openai.com/v1/chat/completions');
  expect(body).toMatchObject({ max_completion_tokens: 9 });
  const { openai } = open({ apiKey: 'sk-x', options: { max_tokens: 9 } });
  expect(openai.identify(ask())).toEqual({ name: 'openai', model: 'gpt-x', opts: { max_tokens: 9 } });
});

test.each([
  ['https://mine.openai.azure.com/openai/v1', 'max_completion_tokens'],
  ['https://mine.cognitiveservices.azure.com/openai/deployments/gpt?api-version=2025-01-01', 'max_completion_tokens'],
  ['https://mine.services.ai.azure.com/openai/v1', 'max_completion_tokens'],
  ['https://openai.azure.com.example/v1', 'max_tokens'],
])('%s is told %s, and whether it takes top_k', (baseUrl, name) => {
  const settings = toOpenaiSettings({ baseUrl });
  const asked = (options: ModelRequest['options']) => toRequest(settings, { ...ask({ options }), model: 'm' }).body;
  expect(asked({ max_tokens: 9 })).toMatchObject({ [name]: 9 });
  if (name === 'max_tokens') expect(asked({ top_k: 40 })).toMatchObject({ top_k: 40 });
  else expect(() => asked({ top_k: 40 })).toThrow('`top_k`');
});

test.each([
  ['https://api.openai.com/v1', 'chat', true],
  ['https://mine.openai.azure.com/openai/v1', 'responses', true],
  ['http://127.0.0.1:8000/v1', 'chat', false],
  ['http://127.0.0.1:8000/v1', 'responses', false],
])('%s, %s: an answer beside tools is held to its schema: %s', (baseUrl, api, isHeld) => {
  const tools = [{ name: 'read', inputSchema: { type: 'object' } }];
  const { body } = toRequest(toOpenaiSettings({ baseUrl, api }), {
    ...ask({ schema: titleSchema, tools }),
    model: 'm',
  });
  expect('response_format' in body || 'text' in body).toBe(isHeld);
  expect(JSON.stringify(body).includes('nothing but JSON that fits')).toBe(!isHeld);
  expect(body).toHaveProperty('tools');
});

test.each([
  [true, 'closed and all required', titleSchema],
  [false, 'open', { ...titleSchema, additionalProperties: true }],
  [false, 'with an optional property', { ...titleSchema, required: [] }],
  [
    false,
    'with an open object inside',
    { ...titleSchema, properties: { title: { type: 'array', items: { type: 'object' } } } },
  ],
  [false, 'of a list', { type: 'array', items: titleSchema }],
])('strict is %s for a schema that is %s', (strict, _, wanted) => {
  const { body } = toRequest(toOpenaiSettings({}), { ...ask({ schema: wanted }), model: 'gpt-x' });
  expect(body).toMatchObject({ response_format: { json_schema: { strict, schema: wanted } } });
});
