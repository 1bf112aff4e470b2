import { systemClock } from '@orch/engine';
import { expect, test } from 'vitest';
import { whyRefused } from './why-refused.ts';

const around = (env: Record<string, string> = {}) => ({ env, clock: systemClock, hide: (text: string) => text });

test.each([
  [{ name: 'anthropic', model: 'm' }, { seed: 1 }, 'options that anthropic takes'],
  [{ name: 'openai', model: 'm', api: 'responses' }, { seed: 1 }, 'got `seed`'],
  [{ name: 'mlx' }, { num_ctx: 1 }, 'got `num_ctx`'],
  [{ name: 'openai', options: { num_ctx: 1 } }, {}, 'got `num_ctx`'],
  [{ name: 'anthropic', api_version: '2020-01-01' }, {}, '2020-01-01'],
])('%j refuses %j', async (choice, options, message) => {
  expect(await whyRefused(choice, { options }, around())).toMatchObject({
    message: expect.stringContaining(message) as string,
  });
});

test.each([
  [{ name: 'ollama' }, { seed: 1, num_ctx: 2 }],
  [{ name: 'auto' }, { num_ctx: 1 }],
  [{ name: 'echo' }, { seed: 1 }],
  [{ name: 'openai', headers: { 'api-key': { secret: 'NOT_SET' } } }, { seed: 1 }],
])('%j has nothing against %j, without its key and address', async (choice, options) => {
  expect(await whyRefused(choice, { options }, around())).toBeUndefined();
});

test('a variable that is bad is no fault of the job', async () => {
  const env = { OPENAI_BASE_URL: 'foo' };
  await expect(whyRefused({ name: 'openai' }, { options: {} }, around(env))).rejects.toThrow('OPENAI_BASE_URL');
  expect(await whyRefused({ name: 'openai', options: { num_ctx: 1 } }, { options: {} }, around(env))).toBeDefined();
});
