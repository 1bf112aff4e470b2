import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { planRun, resume, run } from '../index.ts';
import type { Plan } from '../index.ts';

type Model = { readonly address: string; readonly asked: string[]; readonly close: () => void };

test('a step asks the provider it names, whose model is resolved once and stands in the plan', async () => {
  const { options, near, far } = await place();
  const { status, dir } = await run('job.yaml', options).result;
  expect(status).toBe('succeeded');
  expect([near.asked, far.asked]).toEqual([
    ['/api/tags', '/api/show', '/api/chat'],
    ['/api/tags', '/api/show', '/api/chat', '/api/chat'],
  ]);
  expect(JSON.parse(readFileSync(join(dir, 'inputs', 'plan.json'), 'utf8')) as Plan).toMatchObject({
    provider: { model: 'near' },
    providers: { other: { name: 'ollama', base_url: far.address, model: 'far' } },
  });
});

test('a run that goes on asks only those that it needs whether they are there', async () => {
  const { cwd, options, far } = await place();
  writeFileSync(join(cwd, 'job.yaml'), `${job(far)}  end: { run: 'test -e go', retry: 0, needs: [two] }\n  after: { needs: [end], prompt: After. }\n`); // prettier-ignore
  const { jobId, status } = await run('job.yaml', options).result;
  expect(status).toBe('failed');
  far.close();
  writeFileSync(join(cwd, 'go'), '');
  expect(await resume(jobId, options).result).toMatchObject({ status: 'succeeded' });
  await expect(resume(jobId, { ...options, from: 'two' }).result).rejects.toMatchObject({ code: 'network' });
});

test('frozen, nobody is asked for what all of them answered before', async () => {
  const { options, near, far } = await place();
  await run('job.yaml', options).result;
  near.close();
  far.close();
  expect(await run('job.yaml', { ...options, frozen: true }).result).toMatchObject({ status: 'succeeded' });
  const { steps } = await planRun('job.yaml', options);
  expect(steps.map(({ id, provider }) => [id, provider])).toEqual([
    ['one', 'ollama:near'],
    ['two', 'ollama:far'],
    ['sub', undefined],
  ]);
});

test('one that is not there is told before the run, and everybody else is closed again', async () => {
  const { options, near, far } = await place();
  far.close();
  await expect(run('job.yaml', options).result).rejects.toMatchObject({
    ...{ code: 'network', exit: 5 },
    message: expect.stringMatching(/^providers\.other: /) as string,
  });
  expect(near.asked).not.toContain('/api/chat');
});

/** A job that asks one provider, another by its name, and the other again in a job of its own. */
async function place() {
  const cwd = tempDir();
  const near = await serve('near');
  const far = await serve('far');
  writeFileSync(join(cwd, 'job.yaml'), job(far));
  const child = `provider: { name: ollama, base_url: '${far.address}' }\nsteps: { ask: { prompt: Three. } }\n`;
  writeFileSync(join(cwd, 'child.yaml'), child);
  const env = { OLLAMA_BASE_URL: near.address, PROVIDER_MAX_RETRIES: '0', PATH: process.env['PATH'] };
  return { cwd, near, far, options: { cwd, env, durability: 'relaxed' } as const };
}

const job = ({ address }: Model): string => `
project: p
provider: ollama
providers: { other: { name: ollama, base_url: '${address}' } }
steps:
  one: { prompt: One. }
  two: { prompt: Two., provider: other }
  sub: { spec: child.yaml, needs: [two] }
`;

/** An Ollama that has one model, and notes what it is asked. */
async function serve(model: string): Promise<Model> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url ?? '');
    if (request.url === '/api/tags') return void response.end(JSON.stringify({ models: [{ name: model }] }));
    if (request.url === '/api/show') return void response.writeHead(404).end('{}');
    const message = { role: 'assistant', content: `${model} answers` };
    request.resume().on('end', () => {
      response.end(`${JSON.stringify({ model, message, done: true, done_reason: 'stop' })}\n`);
    });
  });
  const close = (): void => {
    server.closeAllConnections();
    server.close();
  };
  onTestFinished(close);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}
