import { failureOf, responds, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, open, says, start, text } from './testing/exchange.ts';

test.each([
  ['overloaded_error', 'server', 529],
  ['api_error', 'server', 500],
  ['timeout_error', 'server', 504],
  ['rate_limit_error', 'rate_limit', 429],
  ['invalid_request_error', 'bad_request', 400],
  ['request_too_large', 'bad_request', 413],
  ['authentication_error', 'auth', 401],
  ['permission_error', 'auth', 403],
  ['billing_error', 'quota', 402],
  ['not_found_error', 'model_missing', 404],
  ['brand_new_error', 'server', 200],
])('%s in the middle of a stream is %s', async (type, code, status) => {
  const error = { type: 'error', error: { type, message: 'Not now.' }, request_id: 'req_1' };
  const { url } = await serve(says(start, ...text(0, 'Be'), error));
  const { anthropic, context } = open({ baseUrl: url });
  expect(await failureOf(anthropic.complete(ask(), context))).toMatchObject({
    code,
    message: expect.stringContaining('Not now.'),
    details: { status, request_id: 'req_1' },
  });
});

test.each([
  ['an error', { type: 'error', error: { type: 'overloaded_error', message: 'Later.' } }, 'server'],
  ['something else', { hello: 'world' }, 'bad_response'],
])('%s with status 200 is no answer', async (_, body, code) => {
  const { url } = await serve(responds(200, JSON.stringify(body)));
  const { anthropic, context } = open({ baseUrl: url });
  expect(await failureOf(anthropic.complete(ask(), context))).toMatchObject({ code });
});
