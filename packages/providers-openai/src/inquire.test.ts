import { failureOf, serve } from '@orch/testkit';
import { expect, test } from 'vitest';
import { ask, open } from './testing/exchange.ts';

const resource = '{"error":{"code":"404","message":"Resource not found"}}';
const endpoints = '{"error":{"message":"No endpoints found for a/b.","code":404}}';
const deployment = '{"error":{"code":"DeploymentNotFound"}}';
const before = 'Check `base_url` (or OPENAI_BASE_URL): it is what comes before /chat/completions';

test.each([
  ['', 'Not Found', 'unconfigured', `${before}, and mostly ends in /v1.`],
  ['', endpoints, 'model_missing', 'Name a model that the server has.'],
  ['/deployments/gpt?api-version=1', resource, 'unconfigured', `${before}.`],
  ['/deployments/gpt?api-version=1', deployment, 'model_missing', 'Check the deployment that `base_url` names.'],
])('below "%s", what to do about a 404 with %s is said', async (path, body, code, hint) => {
  const { url } = await serve((response) => response.writeHead(404).end(body));
  const { openai, context } = open({ baseUrl: url + path });
  expect(await failureOf(openai.complete(ask(), context))).toMatchObject({ code, hint });
});

test('an answer that is refused by a header is advised on by its name', async () => {
  const { url } = await serve((response) => response.writeHead(401).end('{"error":{"message":"no: azure-key-1"}}'));
  const { openai, context } = open({ baseUrl: url, headers: { 'api-key': 'azure-key-1' } });
  const error = await failureOf(openai.complete(ask(), context));
  expect(error).toMatchObject({ code: 'auth', hint: 'Check the header `api-key` and what it may use.' });
  expect(error.message).not.toContain('azure-key-1');
});
