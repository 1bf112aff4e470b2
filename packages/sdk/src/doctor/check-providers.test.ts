import { mkdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { checkProviders, listModels } from '../index.ts';

const nobody = 'http://127.0.0.1:9';

test('providers that a key or an address configures are checked, with what to do about each', async () => {
  const { base, asked } = await serve();
  const env = {
    OLLAMA_BASE_URL: base,
    OPENAI_BASE_URL: `${base}/v1`,
    OPENAI_API_KEY: 'sk-wrong-0123',
    MLX_BASE_URL: `${nobody}/v1`,
  };
  expect(await checkProviders(undefined, { cwd: tempDir(), env })).toMatchObject([
    {
      ...{ provider: 'ollama', model: 'small:1b', named_by: ['OLLAMA_BASE_URL'], ok: true, problem: null, advice: [] },
      ...{ reachable: true, authorised: true, model_present: true, context_tokens: 4096 },
    },
    {
      ...{ provider: 'openai', model: null, ok: false, reachable: true, authorised: false, model_present: null },
      ...{ named_by: ['OPENAI_API_KEY', 'OPENAI_BASE_URL'], advice: [expect.stringContaining('OPENAI_API_KEY')] },
    },
    { provider: 'mlx', ok: false, reachable: false, authorised: null, advice: [expect.stringContaining('mlx_lm')] },
  ]);
  expect(asked.every((path) => !/chat|messages|responses/.test(path))).toBe(true);
});

test('the model that PROVIDER names is looked for, and how much it takes', async () => {
  const { base } = await serve();
  const env = { OPENAI_BASE_URL: `${base}/v1`, OPENAI_API_KEY: 'sk-right-0123', OLLAMA_BASE_URL: nobody };
  const [, named] = await checkProviders(undefined, { cwd: tempDir(), env: { ...env, PROVIDER: 'openai:big' } });
  expect(named).toMatchObject({ model: 'big', ok: true, model_present: true, context_tokens: 128_000, advice: [] });
  const usual = { ...env, PROVIDER: 'openai', PROVIDER_MODEL: 'huge' };
  const [, missing] = await checkProviders(undefined, { cwd: tempDir(), env: usual });
  expect(missing).toMatchObject({ model: 'huge', ok: false, reachable: true, authorised: true, model_present: false });
  const [, unnamed] = await checkProviders(undefined, { cwd: tempDir(), env });
  expect(unnamed).toMatchObject({ model: null, ok: true, advice: [expect.stringContaining('openai:MODEL')] });
});

test('a job adds those that it names, by the places that do, and those of the jobs that it runs', async () => {
  const { base } = await serve();
  const cwd = tempDir();
  mkdirSync(join(cwd, 'sub'));
  writeFileSync(join(cwd, 'sub', 'child.yaml'), 'provider: echo\nsteps: {c: {prompt: x}}\n');
  writeFileSync(
    join(cwd, 'job.yaml'),
    `
provider: {name: ollama, base_url: "${base}", options: {num_ctx: 9000}}
providers: {far: {name: openai, model: big, headers: {X-Org: {secret: ORG_TOKEN}}}, unused: {name: mlx, model: x}}
steps: {a: {prompt: x}, b: {prompt: x, provider: far}, d: {spec: sub/child.yaml}}
`,
  );
  const env = { OPENAI_BASE_URL: `${base}/v1`, OPENAI_API_KEY: 'sk-right-0123', ORG_TOKEN: 'org-0123456789' };
  expect(await checkProviders('job.yaml', { cwd, env })).toMatchObject([
    { provider: 'ollama', named_by: ['provider'], ok: true, advice: [expect.stringMatching(/num_ctx is 9000.*4096/)] },
    { provider: 'openai', model: 'big', named_by: ['steps.b.provider'], ok: true },
    { provider: 'echo', named_by: ['steps.d: provider'], ok: true, reachable: null },
  ]);
  const [, unset] = await checkProviders('job.yaml', { cwd, env: { ...env, ORG_TOKEN: undefined } });
  expect(unset).toMatchObject({
    ok: false,
    problem: expect.stringContaining('ORG_TOKEN (named by providers.far.headers.X-Org)'),
  });
  const only = await checkProviders('job.yaml', { cwd, env, provider: 'ollama:none' });
  expect(only).toMatchObject([{ provider: 'ollama', model: 'none', model_present: false, named_by: ['--provider'] }]);
});

test('a job that leaves it open is answered as a run would be', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), 'steps: {a: {prompt: x}}\n');
  const { base } = await serve();
  expect(await checkProviders('job.yaml', { cwd, env: { OLLAMA_BASE_URL: base } })).toMatchObject([
    { provider: 'ollama', model: 'small:1b', ok: true, named_by: ['provider', 'OLLAMA_BASE_URL'] },
  ]);
});

test('the models of what is configured are listed, and why some cannot be', async () => {
  const { base } = await serve();
  const env = { OLLAMA_BASE_URL: base, OPENAI_BASE_URL: `${base}/v1`, OPENAI_API_KEY: 'sk-wrong-0123' };
  expect(await listModels({ cwd: tempDir(), env })).toMatchObject([
    { provider: 'ollama', ok: true, models: [{ id: 'small:1b', contextTokens: 4096, sizeBytes: 5 }] },
    { provider: 'openai', ok: false, error: { code: 'auth' } },
  ]);
  expect(await listModels({ cwd: tempDir(), env, provider: 'echo' })).toMatchObject([{ error: { code: 'usage' } }]);
  await expect(listModels({ cwd: tempDir(), env, provider: 'olama' })).rejects.toMatchObject({ code: 'usage' });
});

/** An Ollama and an OpenAI in one, and the paths that are asked of them. */
async function serve(): Promise<{ readonly base: string; readonly asked: readonly string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const { url = '', headers } = request;
    asked.push(url);
    const say = (status: number, body: object): void =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url === '/api/tags') return say(200, { models: [{ name: 'small:1b', size: 5 }] });
    if (url === '/api/show') return say(200, { model_info: { 'general.architecture': 'a', 'a.context_length': 4096 } });
    if (headers.authorization !== 'Bearer sk-right-0123') return say(401, { error: { message: 'no' } });
    return say(200, { data: [{ id: 'big', context_window: 128_000 }] });
  });
  server.listen(0, '127.0.0.1');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  return { base: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}
