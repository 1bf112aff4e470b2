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

test('what a server did not say is not known, and is advised on', async () => {
  const { base } = await serve();
  const env = { OPENAI_BASE_URL: `${base}/nowhere`, OPENAI_API_KEY: 'sk-right-0123', PROVIDER: 'openai:big' };
  const unknown = { ok: false, reachable: true, authorised: null, model_present: null };
  expect(await checkProviders(undefined, { cwd: tempDir(), env })).toMatchObject([
    { ...unknown, model: 'big', advice: [expect.stringMatching(/`base_url` \(or OPENAI_BASE_URL\).*\/v1/)] },
  ]);
  const mlx = { MLX_BASE_URL: `${base}/nowhere` };
  expect(await checkProviders(undefined, { cwd: tempDir(), env: mlx })).toMatchObject([{ ...unknown, model: null }]);
  const ollama = { OLLAMA_BASE_URL: `${base}/nowhere` };
  expect(await checkProviders(undefined, { cwd: tempDir(), env: ollama })).toMatchObject([
    { ...unknown, advice: [expect.stringContaining('without a /v1')] },
  ]);
});

test.each([
  ['/busy', { reachable: true, authorised: null, model_present: null, problem: expect.stringContaining('429') }],
  ['/elsewhere', { reachable: true, authorised: null, problem: expect.stringContaining('redirect') }],
  ['/broken', { reachable: true, authorised: null, advice: [expect.stringContaining('again later')] }],
  ['/empty', { reachable: true, authorised: true, model_present: null }],
])('a server that answers all the same is there: %s', async (path, report) => {
  const { base, asked } = await serve();
  const env = { OPENAI_BASE_URL: `${base}${path}`, PROVIDER: 'openai:big' };
  expect(await checkProviders(undefined, { cwd: tempDir(), env })).toMatchObject([{ ...report, ok: false }]);
  expect(asked).toEqual([`${path}/models`]);
});

test('without a model, whoever has a list of several is there all the same', async () => {
  const { base } = await serve();
  const env = { MLX_BASE_URL: `${base}/several`, OPENAI_BASE_URL: `${base}/several`, PROVIDER_MODEL: 'other' };
  const well = { ok: true, reachable: true, authorised: true, model: null, model_present: null };
  const reports = await checkProviders(undefined, { cwd: tempDir(), env: { ...env, OLLAMA_BASE_URL: nobody } });
  expect(reports.slice(1)).toMatchObject([well, well]);
  for (const { advice } of reports.slice(1))
    expect(advice).toEqual([expect.stringContaining('PROVIDER_MODEL (other)')]);
});

test('where a run would want to be told a model, nobody is well without one', async () => {
  const { base } = await serve();
  const env = { MLX_BASE_URL: `${base}/several`, OLLAMA_BASE_URL: nobody };
  const cwd = tempDir();
  const unnamed = { ok: false, reachable: true, authorised: true, model: null, model_present: null };
  const problem = 'Expected to be told which model of mlx shall answer, none is named.';
  const [asked] = await checkProviders(undefined, { cwd, env, provider: 'mlx' });
  expect(asked).toMatchObject({ ...unnamed, problem, advice: [expect.stringContaining('mlx:MODEL')] });
  const chosen = await checkProviders(undefined, { cwd, env: { ...env, PROVIDER: 'mlx' } });
  expect(chosen.find(({ provider }) => provider === 'mlx')).toMatchObject(unnamed);
  const steps = (model: string) => `provider: mlx\nsteps: {a: {prompt: x${model}}}`;
  writeFileSync(join(cwd, 'usual.yaml'), steps(''));
  writeFileSync(join(cwd, 'own.yaml'), steps(', model: b'));
  expect((await checkProviders('usual.yaml', { cwd, env })).map(({ ok }) => ok)).toContain(false);
  expect((await checkProviders('own.yaml', { cwd, env })).find(({ named_by: [by] }) => by === 'provider')?.ok).toBe(
    true,
  );
});

test('a job is checked for every model that its steps ask, and for the largest context', async () => {
  const { base } = await serve();
  const cwd = tempDir();
  writeFileSync(join(cwd, 'child.yaml'), 'vars: {m: tiny}\nsteps: {c: {prompt: x, model: "{{ vars.m }}"}}\n');
  writeFileSync(
    join(cwd, 'job.yaml'),
    `
provider: {name: ollama, model: "small:1b", base_url: "${base}"}
steps:
  a: {prompt: x}
  b: {prompt: x, options: {num_ctx: 9000}}
  c: {prompt: x, model: none, options: {num_ctx: 9999}}
  d: {prompt: x, model: none}
  e: {prompt: x, model: "{{ steps.a.output }}"}
  f: {spec: child.yaml}
`,
  );
  expect(await checkProviders('job.yaml', { cwd, env: {} })).toMatchObject([
    {
      model: 'small:1b',
      ok: true,
      named_by: ['provider'],
      advice: [expect.stringMatching(/9000 in steps\.b\.options/)],
    },
    { model: 'none', model_present: false, named_by: ['steps.c.model', 'steps.d.model'] },
    { model: 'tiny', model_present: false, named_by: ['steps.f: steps.c.model'] },
  ]);
});

test('a variable that is bad is told once, also where nobody needs it', async () => {
  const { base } = await serve();
  const env = { OLLAMA_BASE_URL: base, OPENAI_BASE_URL: `${base}/v1`, PROVIDER_TIMEOUT_S: 'abc' };
  await expect(checkProviders(undefined, { cwd: tempDir(), env })).rejects.toThrow('PROVIDER_TIMEOUT_S');
  const wrong = { PROVIDER: 'nope' };
  await expect(checkProviders(undefined, { cwd: tempDir(), env: wrong, provider: 'echo' })).rejects.toThrow('`nope`');
});

test('recordings that are not there are not well', async () => {
  const [report] = await checkProviders(undefined, { cwd: tempDir(), env: {}, provider: 'replay' });
  expect(report).toMatchObject({ ok: false, advice: [expect.stringContaining('orch record')] });
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
    if (url.startsWith('/nowhere')) return say(404, { error: 'no such path' });
    if (url.startsWith('/busy')) return say(429, { error: { message: 'slow down' } });
    if (url.startsWith('/broken')) return say(500, {});
    if (url.startsWith('/empty')) return say(200, { data: [] });
    if (url.startsWith('/several')) return say(200, { data: [{ id: 'a' }, { id: 'b' }] });
    if (url.startsWith('/elsewhere')) return void response.writeHead(302, { location: nobody }).end();
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
