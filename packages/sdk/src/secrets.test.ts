import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import type { OrchEvent } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { run } from './index.ts';

const token = 'ghp_R2d2Zk9xQ4planted7';
const env = { PATH: process.env['PATH'], MY_TOKEN: token };

function start(job: object, onEvent?: (event: OrchEvent) => void, more: NodeJS.ProcessEnv = {}) {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), JSON.stringify({ project: 'p', ...job }));
  return run('job.yaml', { cwd, env: { ...env, ...more }, onEvent });
}

test('whoever listens to a run, iterates it or reads its result hears of no secret', async () => {
  const events: OrchEvent[] = [];
  const handle = start(
    {
      vars: { v: token },
      steps: { a: { env: { T: { secret: 'MY_TOKEN' } }, run: 'echo "$T" {{ vars.v }}; echo "$T" >&2; exit 1' } },
    },
    (event) => events.push(event),
  );
  const seen: OrchEvent[] = [];
  for await (const event of handle) seen.push(event);
  const result = await handle.result;
  expect(result.status).toBe('failed');
  const all = JSON.stringify([events, seen, result]);
  expect(all).toContain('***');
  expect(all).not.toContain(token);
});

test.each([
  ['a job that does not compile', { steps: { [token]: { run: 'echo' } } }, {}, 'spec'],
  [
    'a service that is somewhere else',
    {
      provider: { name: 'ollama', model: 'm', base_url: `http://127.0.0.1:9/${token}` },
      steps: { a: { prompt: 'x' } },
    },
    {},
    'network',
  ],
  ['a setting that is none', { steps: { a: { run: 'true' } } }, { CONCURRENCY: token }, 'usage'],
] as const)('%s rejects without it, stack and causes included', async (_, job, more, code) => {
  const error: unknown = await start(job, undefined, more).result.catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code });
  expect(inspect(error, { depth: 9 })).not.toContain(token);
});

test('a secret that is named and not there, or too short, rejects before anything runs', async () => {
  const job = { secrets: ['DEPLOY'], steps: { a: { run: 'true' } } };
  await expect(start(job).result).rejects.toMatchObject({ code: 'usage', message: expect.stringContaining('DEPLOY') });
  await expect(start(job, undefined, { DEPLOY: 'short' }).result).rejects.toMatchObject({ code: 'usage' });
  expect((await start(job, undefined, { DEPLOY: 'long-enough' }).result).status).toBe('succeeded');
});
