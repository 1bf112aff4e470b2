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
  [404, '{"error":{"code":"DeploymentNotFound","message":"The API deployment does not exist."}}', 'model_missing'],
  [404, '{"error":{"message":"No endpoints found for foo/bar.","code":404}}', 'model_missing'],
  [404, '{"type":"error","error":{"type":"not_found_error","message":"model: x"}}', 'model_missing'],
  [404, '{"type":"error","error":{"type":"not_found_error","message":"Not Found"}}', 'unconfigured'],
  [404, '{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}', 'unconfigured'],
  [404, '{"error":{"code":"404","message":"Resource not found"}}', 'unconfigured'],
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

test('the words of the server are quoted in bounds, and whole as long as secrets may have to be found in them', () => {
  const words = `Incorrect: ${'long '.repeat(500)}end`;
  expect(classifyHttp(401, {}, openai({ message: words })).message).toBe(`Expected an answer, got HTTP 401: ${words}`);
  expect(classifyHttp(401, {}, 'x'.repeat(1_000_000)).message.length).toBeLessThan(70_000);
});

test('the faults that FastAPI finds in a question are quoted with their places', () => {
  const fault = (field: string) => ({ loc: ['body', field, 0], msg: 'field required', type: 'missing' });
  const body = JSON.stringify({ detail: [fault('messages'), { msg: 'no JSON' }, fault('model')] });
  expect(classifyHttp(422, {}, body)).toMatchObject({
    code: 'bad_request',
    message: expect.stringMatching(/422: body\.messages\.0: field required; no JSON; body\.model\.0: field required$/),
  });
});

test('the request id goes with the error', () => {
  expect(classifyHttp(500, { 'x-request-id': 'req_1' }, '').details).toMatchObject({ request_id: 'req_1' });
});
