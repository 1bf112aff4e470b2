import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { ProviderChoice } from '@orch/contracts';
import { systemClock } from '@orch/engine';
import { tempDir } from '@orch/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { chooseProvider } from './choose-provider.ts';
import type { Environment } from '../environment.ts';

const nobody = { OLLAMA_BASE_URL: 'http://127.0.0.1:9' };

test('the flag wins over the job, the job over PROVIDER', async () => {
  const env = { PROVIDER: 'replay' };
  expect(await choose({ flag: 'echo', written: { name: 'openai' }, env })).toMatchObject({ name: 'echo' });
  expect(await choose({ written: { name: 'echo' }, env })).toMatchObject({ name: 'echo' });
  expect(await choose({ env: { PROVIDER: 'echo' } })).toMatchObject({ name: 'echo' });
});

test('a flag that names the provider of the job keeps its address and options, another does not', async () => {
  const written = { name: 'echo', options: { seed: 1 } };
  expect(await choose({ flag: 'echo:m', written })).toEqual({ ...written, model: 'm' });
  expect(await choose({ flag: 'echo', written: { ...written, name: 'openai' } })).toEqual({ name: 'echo' });
});

test('unnamed, an Ollama that answers is chosen, with the model it has', async () => {
  const env = await ollamaWith(['small:1b']);
  expect(await choose({ env })).toEqual({ name: 'ollama', model: 'small:1b' });
  expect(await choose({ env: { ...env, PROVIDER_MODEL: 'small:1b' } })).toEqual({ name: 'ollama', model: 'small:1b' });
});

test('unnamed and without an Ollama, recordings beside the job are chosen', async () => {
  const recordings = join(tempDir(), 'recordings');
  mkdirSync(recordings);
  writeFileSync(join(recordings, 'a.1.json'), JSON.stringify(recording));
  expect(await choose({ env: nobody, recordings })).toEqual({ name: 'replay' });
});

test('unnamed and with nobody there, the error says what is set and what to set, and no paid service is asked', async () => {
  const env = { ...nobody, OPENAI_API_KEY: 'sk-0123456789' };
  await expect(choose({ env })).rejects.toMatchObject({
    code: 'unconfigured',
    exit: 5,
    message: expect.stringContaining('PROVIDER is not set, no Ollama answers, and there are no recordings') as string,
    hint: expect.stringContaining('--provider') as string,
  });
});

test('a provider that does not exist is a wrong call', async () => {
  await expect(choose({ flag: 'olama' })).rejects.toMatchObject({ code: 'usage', exit: 2 });
  await expect(choose({ flag: 'toString' })).rejects.toMatchObject({ code: 'usage', exit: 2 });
  await expect(choose({ flag: ':x' })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining('--provider') as string,
  });
});

test('a model that the server does not have is found before the run', async () => {
  const env = await ollamaWith(['small:1b']);
  await expect(choose({ flag: 'ollama:big', env })).rejects.toMatchObject({ code: 'model_missing', exit: 5 });
});

type Asked = { flag?: string; written?: ProviderChoice; env?: Environment; recordings?: string };

async function choose({
  flag,
  written = { name: 'auto' },
  env = {},
  recordings = '/nowhere',
}: Asked): Promise<ProviderChoice> {
  const signal = AbortSignal.timeout(10_000);
  const chosen = await chooseProvider({
    flag,
    written,
    env,
    recordings,
    hide: (text) => text,
    clock: systemClock,
    signal,
  });
  await chosen.provider.close?.();
  return chosen.choice;
}

async function ollamaWith(models: readonly string[]): Promise<Environment> {
  const server = createServer((_, response) => {
    const body = { models: models.map((name) => ({ name, modified_at: '2026-01-01T00:00:00Z' })) };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  return { OLLAMA_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

const recording = {
  match: { step: 'a', messages_sha256: '0'.repeat(64) },
  reply: 'x',
  finish_reason: 'stop',
  usage: {},
  recorded_from: { provider: 'echo', job_id: 'job_000000000000' },
};
