import { expect, test } from 'vitest';
import { classifyHttp } from './classify-http.ts';

const openai = (fields: Record<string, unknown>) => JSON.stringify({ error: { message: 'words', ...fields } });

test.each([
  [400, '{"error":"bad"}', 'bad_request'],
  [400, openai({ code: 'content_filter' }), 'refused'],
  [401, openai({ code: 'invalid_api_key' }), 'auth'],
  [402, '{}', 'quota'],
  [403, '<html>', 'auth'],
  [404, '{"error":"model \\"x\\" not found, try pulling it first"}', 'model_missing'],
  [404, openai({ code: 'model_not_found' }), 'model_missing'],
  [
    404,
    '{"object":"error","message":"The model x does not exist.","type":"NotFoundError","code":404}',
    'model_missing',
  ],
  [404, '404 page not found', 'unconfigured'],
  [404, '{"detail":"Not Found"}', 'unconfigured'],
  [404, openai({ type: 'invalid_request_error', code: null }), 'unconfigured'],
  [408, '', 'timeout'],
  [418, '', 'bad_request'],
  [429, openai({ type: 'tokens', code: 'rate_limit_exceeded' }), 'rate_limit'],
  [429, openai({ type: 'insufficient_quota', code: 'insufficient_quota' }), 'quota'],
  [429, openai({ type: 'rate_limit_error', details: { error_code: 'enforced_spend_limit_reached' } }), 'quota'],
  [429, openai({ type: 'rate_limit_error', details: {} }), 'rate_limit'],
  [429, '', 'rate_limit'],
  [500, 'not { json', 'server'],
  [529, '{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}', 'server'],
  [301, '', 'unconfigured'],
] as const)('HTTP %i with %s is %s', (status, body, code) => {
  expect(classifyHttp(status, {}, body)).toMatchObject({ code, details: { status } });
});

test('the words of the server are quoted, short and without keys', () => {
  const body = openai({
    message: `Incorrect API key provided: sk-proj-abcdef*****wxyz. Bearer abc.def ${'long '.repeat(500)}`,
  });
  const { message } = classifyHttp(401, {}, body);
  expect(message).toMatch(/^Expected an answer, got HTTP 401: Incorrect API key provided: \[hidden\] \[hidden\] long/);
  expect(message.length).toBeLessThan(600);
});

test('the request id goes with the error', () => {
  expect(classifyHttp(500, { 'x-request-id': 'req_1' }, '').details).toMatchObject({ request_id: 'req_1' });
});
