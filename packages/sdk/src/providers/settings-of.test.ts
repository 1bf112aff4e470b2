import { expect, test } from 'vitest';
import { createProvider } from './choose-provider.ts';
import { settingsOf } from './settings-of.ts';
import { systemClock } from '@orch/engine';

const environment = { baseUrl: ['X_BASE_URL', 'X_HOST'], apiKey: ['X_API_KEY'], apiVersion: ['X_VERSION'] };
const around = { clock: systemClock, recordings: '/nowhere', hide: (text: string) => text };

test('what the environment says for all providers stands under what the job says of one', () => {
  const env = { PROVIDER_TIMEOUT_S: '5', PROVIDER_MAX_RETRIES: '7', PROVIDER_CB_COOLDOWN_S: '9' };
  expect(settingsOf({ name: 'x' }, { environment }, { env })).toEqual({
    ...{ timeoutMs: 5_000, maxRetries: 7, breaker: { threshold: 5, cooldownMs: 9_000 } },
    ...{ resilience: {}, limits: {}, options: {} },
  });
  const resilience = {
    ...{ connect_s: 1, first_byte_s: 2.5, between_chunks_s: 3, total_s: 4, retries: 0 },
    breaker: { threshold: 2 },
  };
  const limits = { requests_per_minute: 6, tokens_per_minute: 100, max_parallel: 2 };
  expect(settingsOf({ name: 'x', resilience, limits }, { environment }, { env })).toEqual({
    ...{ timeoutMs: 5_000, maxRetries: 7, connectMs: 1_000, breaker: { threshold: 2, cooldownMs: 9_000 } },
    resilience: { firstByteMs: 2_500, betweenChunksMs: 3_000, totalMs: 4_000, maxRetries: 0 },
    limits: { requestsPerMinute: 6, tokensPerMinute: 100, maxParallel: 2 },
    options: {},
  });
});

test('address, key and version are those of the job, else of the first variable that is set', () => {
  const env = { X_BASE_URL: '', X_HOST: 'far', X_API_KEY: 'k', X_VERSION: 'v1' };
  expect(settingsOf({ name: 'x' }, { environment }, { env })).toMatchObject({
    ...{ baseUrl: 'far', apiKey: 'k', apiVersion: 'v1' },
  });
  const choice = { name: 'x', base_url: 'near', api_version: 'v2', api: 'responses' };
  expect(settingsOf(choice, { environment }, { env })).toMatchObject({
    ...{ baseUrl: 'near', apiKey: 'k', apiVersion: 'v2', api: 'responses' },
  });
});

test('headers get the secrets that they name; one that is not set is told with its header', () => {
  const headers = { 'X-Team': 'docs', 'api-key': { secret: 'AZURE_KEY' } };
  const env = { AZURE_KEY: 'azure-0123456789' };
  expect(settingsOf({ name: 'x', headers }, { environment }, { env }).headers).toEqual({
    ...{ 'X-Team': 'docs', 'api-key': 'azure-0123456789' },
  });
  const settings = (key?: string) => () => settingsOf({ name: 'x', headers }, { environment }, { env: {}, key });
  expect(settings()).toThrow('AZURE_KEY (named by provider.headers.api-key), named as secret: not set');
  expect(settings('far')).toThrow('AZURE_KEY (named by providers.far.headers.api-key)');
});

test.each(['azure-0123456789\n', 'azure–0123456789', 'azure\t0123456789'])(
  'a secret that no header can carry is told with its header, and never its value: %j',
  (value) => {
    const headers = { 'api-key': { secret: 'AZURE_KEY' } };
    const settings = () => settingsOf({ name: 'x', headers }, { environment }, { env: { AZURE_KEY: value } });
    expect(settings).toThrow('the value of AZURE_KEY (named by provider.headers.api-key) to be printable ASCII');
    expect(settings).not.toThrow('0123456789');
  },
);

test.each([
  ['ollama', 'OLLAMA_BASE_URL', 'ftp://there'],
  ['ollama', 'OLLAMA_HOST', 'ftp://there'],
  ['openai', 'OPENAI_BASE_URL', 'nowhere'],
  ['openai', 'OPENAI_API_KEY', 'two words'],
  ['anthropic', 'ANTHROPIC_BASE_URL', 'nowhere'],
  ['anthropic', 'ANTHROPIC_API_KEY', 'two words'],
  ['anthropic', 'ANTHROPIC_VERSION', 'newest'],
  ['mlx', 'MLX_BASE_URL', 'nowhere'],
  ['echo', 'PROVIDER_TIMEOUT_S', 'soon'],
])('%s: a bad value of %s is told by the name of the variable', async (name, variable, value) => {
  await expect(createProvider({ name }, { ...around, env: { [variable]: value } })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(variable) as string,
  });
});

test('what the job says wrong is not put down to a variable', async () => {
  const env = { OLLAMA_BASE_URL: 'http://127.0.0.1:9' };
  const choice = { name: 'ollama', options: { warmth: 3 } };
  await expect(createProvider(choice, { ...around, env })).rejects.toMatchObject({
    code: 'usage',
    message: expect.not.stringContaining('OLLAMA_BASE_URL') as string,
  });
});
