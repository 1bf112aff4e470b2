import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { recordReplies, resume, run } from '../index.ts';

const job = (provider: string) => `
project: outer
provider: ${provider}
steps:
  top: {prompt: Top}
  own: {spec: parts/own.yaml}
  same: {spec: parts/same.yaml}
  end: {needs: [own, same], run: 'test -e go', retry: 0}
`;
const own = (provider: string) => `project: own\nprovider: ${provider}\nsteps: {say: {prompt: Own}}\n`;
const same = 'project: same\nsteps: {said: {prompt: Same}}\n';

/** The outer job has a recording of each step but that of the job that names its provider; that has its own beside it. */
async function recorded() {
  const cwd = tempDir();
  const write = (provider: string): void => {
    writeFileSync(join(cwd, 'job.yaml'), job(provider));
    writeFileSync(join(cwd, 'parts/own.yaml'), own(provider));
  };
  mkdirSync(join(cwd, 'parts/recordings'), { recursive: true });
  writeFileSync(join(cwd, 'parts/same.yaml'), same);
  writeFileSync(join(cwd, 'go'), '');
  write('echo');
  const options = { cwd, env: { PATH: process.env['PATH'] }, durability: 'relaxed', runsDir: tempDir() } as const;
  const { dir } = await run('job.yaml', options).result;
  await recordReplies(dir, join(cwd, 'recordings'));
  renameSync(join(cwd, 'recordings/say.1.json'), join(cwd, 'parts/recordings/say.1.json'));
  write('replay');
  return { cwd, options };
}

test('a job that a step runs and that names `replay` has its recordings beside it, one that names nobody those of the outer job', async () => {
  const { cwd, options } = await recorded();
  renameSync(join(cwd, 'go'), join(cwd, 'gone'));
  const { status, manifest, jobId } = await run('job.yaml', options).result;
  expect([status, manifest.failures.map(({ step }) => step)]).toEqual(['failed', ['end']]);
  expect(manifest.steps['own']?.output?.inline).toContain('Own');
  expect(manifest.costs.provider_calls).toBe(3);
  renameSync(join(cwd, 'gone'), join(cwd, 'go'));
  const again = await resume(jobId, { ...options, from: 'own' }).result;
  expect([again.status, again.manifest.failures]).toEqual(['succeeded', []]);
});

test('recordings that are not there are told before anything runs, and where they should be', async () => {
  const { cwd, options } = await recorded();
  renameSync(join(cwd, 'parts/recordings'), join(cwd, 'parts/elsewhere'));
  await expect(run('job.yaml', options).result).rejects.toMatchObject({
    message: expect.stringContaining(join(cwd, 'parts/recordings')) as string,
  });
});
