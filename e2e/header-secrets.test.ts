import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { TestContext } from 'vitest';
import { openPlace } from './orch.ts';
import { formsOf } from './planted.ts';
import { eventsOf } from './steps.ts';

const token = 'gTe-Pf4Kw9Zs2Qn7LxVb';
/** A whole header, under a name that says nothing: only the job knows that it is secret. */
const env = { MY_GATE: `Bearer ${token}`, PROVIDER_MAX_RETRIES: '0' };
const headers = { Authorization: { secret: 'MY_GATE' } };

/** How each vendor's addresses begin. */
const vendors = { openai: '/v1', anthropic: '', ollama: '', mlx: '/v1' };
const names = Object.keys(vendors) as (keyof typeof vendors)[];

describe.concurrent('a secret in a header', () => {
  for (const name of names) {
    test(`is not printed before a run, whatever ${name} says of it`, async (context) => {
      const { place, url } = await openEcho(context);
      for (const mode of ['list', 'deny', 'redirect']) {
        const base_url = `${url}/${mode}${vendors[name]}`;
        place.write({
          'job.yaml': { provider: { name, model: 'm', base_url, headers }, steps: { a: { prompt: 'x' } } },
        });
        const ended = await place.orch(['run'], env);
        expect({ mode, ended, traces: tracesIn(ended.stdout + ended.stderr) }).toMatchObject({ traces: [] });
        expect(ended).toMatchObject({ code: 5, stderr: expect.stringMatching(/\*\*\*|\[hidden\]/) as string });
      }
    });

    test(`is found in what ${name} says before that is cut`, async (context) => {
      const { place, url } = await openEcho(context);
      const base_url = `${url}/pad${vendors[name]}`;
      const pads = [440, 480, 500, 545, 555, 600].flatMap((pad) =>
        ['plain', 'base64', 'hex'].map((form) => [pad, form]),
      );
      const steps = pads.map(([pad, form]) => [`s${pad}${form}`, { prompt: `pad ${pad} ${form}`, retry: 0 }] as const);
      const job = { provider: { name, model: 'm', base_url, headers }, defaults: { on_failure: 'continue' } };
      place.write({ 'job.yaml': { ...job, project: 'p', steps: Object.fromEntries(steps) } });
      const ended = await place.orch(['run', '--verbose'], env);
      expect(eventsOf(place, 'step.failed')).toHaveLength(pads.length);
      expect(tracesIn(ended.stdout + ended.stderr + textBelow(place.path('runs')))).toEqual([]);
    });
  }

  for (const args of [
    ['run', '--json'],
    ['run', '--verbose'],
    ['doctor', 'job.yaml'],
    ['doctor', 'job.yaml', '--json'],
  ]) {
    test(`is not printed by orch ${args.join(' ')}`, async (context) => {
      const { place, url } = await openEcho(context);
      const provider = { name: 'openai', model: 'm', base_url: `${url}/list/v1`, headers };
      place.write({ 'job.yaml': { provider, steps: { a: { prompt: 'x' } } } });
      const { stdout, stderr } = await place.orch(args, env);
      expect({ stdout, stderr, traces: tracesIn(stdout + stderr) }).toMatchObject({ traces: [] });
      expect(stdout + stderr).toContain('it has m-***');
    });
  }

  test('is not repeated from what servers of tools say', async (context) => {
    const { place, url } = await openEcho(context);
    const job = {
      project: 'p',
      provider: { name: 'ollama', model: 'm', base_url: `${url}/pad`, headers },
      mcp: Object.fromEntries(['deny', 'redirect'].map((mode) => [mode, { url: `${url}/${mode}`, headers }])),
      defaults: { on_failure: 'continue', retry: 0 },
      steps: { a: { prompt: 'x', tools: ['deny.*'] }, b: { prompt: 'x', tools: ['redirect.*'] } },
    };
    place.write({ 'job.yaml': job });
    const { stdout, stderr } = await place.orch(['run', '--verbose'], env);
    const failed = eventsOf(place, 'step.failed').map(({ data }) => data['message']);
    expect(failed).toEqual([
      expect.stringContaining('***'),
      expect.stringContaining('it sends elsewhere, to http://***'),
    ]);
    expect(tracesIn(stdout + stderr + textBelow(place.path('runs')))).toEqual([]);
  });

  test('that no header can carry ends the run before anything is sent', async (context) => {
    const { place, url, requests } = await openEcho(context);
    const steps = { a: { prompt: 'x', tools: ['far.*'] } };
    const choice = { name: 'ollama', model: 'm', base_url: `${url}/pad` };
    place.write({
      'provider.yaml': { provider: { ...choice, headers }, steps: { a: { prompt: 'x' } } },
      'tools.yaml': { provider: 'echo', mcp: { far: { url, headers } }, steps },
    });
    for (const [job, of] of [
      ['provider', 'provider'],
      ['tools', 'mcp.far'],
    ] as const) {
      const ended = await place.orch(['run', `${job}.yaml`], { MY_GATE: `Bearer ${token}\u2013\n` });
      expect(ended).toMatchObject({ code: 2, stderr: expect.stringContaining(`MY_GATE (named by ${of}.headers.Authorization)`) as string }); // prettier-ignore
      expect(tracesIn(ended.stderr)).toEqual([]);
    }
    expect([requests(), place.runs()]).toEqual([0, []]);
  });
});

/** A server that tells the token of a request back, in ways that the path says; and a place to run orch in. */
async function openEcho(context: TestContext) {
  let requests = 0;
  const server = createServer((request, response) => {
    requests++;
    answer(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  server.listen(0, '127.0.0.1');
  context.onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { place: openPlace(context), url, requests: () => requests };
}

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { url = '', method, headers: came } = request;
  const key = (came.authorization ?? 'none').replace('Bearer ', '');
  const say = (status: number, body: object): void =>
    void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  const forms = { plain: key, base64: base64(key), hex: Buffer.from(key).toString('hex') };
  const list = (id: string) => ({ models: [{ name: id, model: id }], data: [{ id, type: 'model' }] });
  if (url.startsWith('/redirect')) {
    return void response.writeHead(307, { location: `http://${key}.example.com/${key}` }).end();
  }
  const isQuestion = method === 'POST' && !url.endsWith('/api/show');
  if (url.startsWith('/list') && !isQuestion && !url.endsWith('/m')) return say(200, list(`m-${key}`));
  if (url.startsWith('/pad') && !isQuestion) return say(200, { ...list('m'), id: 'm' });
  const [, pad = '0', form = 'plain'] = /pad (\d+) (\w+)/.exec(await textOf(request)) ?? [];
  const message = `${'x'.repeat(Number(pad))} ${forms[form as keyof typeof forms]}`;
  say(401, { error: url.includes('/api/') ? message : { type: 'authentication_error', message } });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

/** Beginnings of the token, however it is written: a part is too much already. */
function tracesIn(text: string): string[] {
  const beginnings = [...formsOf(token), token.toLowerCase()].map((form) => form.slice(0, 7));
  return [...new Set(beginnings)].filter((beginning) => text.includes(beginning));
}

function textBelow(folder: string): string {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ parentPath, name }) => name + readFileSync(join(parentPath, name), 'latin1')).join('\n');
}
