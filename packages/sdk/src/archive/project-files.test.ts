import { existsSync, mkdirSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { resume } from '../index.ts';
import { run } from '../run.ts';
import { exportRun } from './export-run.ts';
import { importRun } from './import-run.ts';

const env = { PATH: process.env['PATH'], API_TOKEN: 'hunter2hunter2' };

function folderWith(files: Readonly<Record<string, string>>): string {
  const cwd = join(tempDir(), 'home', 'job');
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, path)), { recursive: true });
    writeFileSync(join(cwd, path), content);
  }
  return cwd;
}

const jobOf = (steps: object): string => JSON.stringify({ project: 'p', provider: 'echo', steps });

async function runIn(cwd: string): Promise<{ readonly dir: string; readonly to: string }> {
  const { dir } = await run('job.yaml', { cwd, env, durability: 'relaxed' }).result;
  return { dir, to: join(tempDir(), 'run.tar.gz') };
}

const listed = (dir: string): string[] =>
  existsSync(dir) ? readdirSync(dir, { recursive: true }).map(String).sort() : [];

test('what steps read goes with their run, as it is now; what nobody reads, and runs themselves, stay', async () => {
  const cwd = folderWith({
    'job.yaml': jobOf({
      all: { run: 'cat a/*', reads: ['**/*.txt'] },
      ask: { prompt: 'x', attachments: ['b.csv'] },
      each: { each: { files: 'c/*' }, run: 'cat {{ item.path }}', needs: ['ask'] },
    }),
    ...{ 'a/1.txt': 'one', 'a/deep/2.txt': 'two', 'b.csv': 'b', 'c/3.md': 'three', 'd.md': 'unread' },
  });
  const { dir, to } = await runIn(cwd);
  writeFileSync(join(cwd, 'b.csv'), 'changed');
  writeFileSync(join(dir, 'logs.txt'), 'reads of a glob find it, but orch wrote it');
  const { leftOut } = await exportRun(dir, to, { cwd, env });
  const there = await importRun(to, { runsDir: join(tempDir(), 'runs') });
  const files = join(there.dir, 'inputs/files');
  expect([leftOut, listed(files)]).toEqual([[], ['a', 'a/1.txt', 'a/deep', 'a/deep/2.txt', 'b.csv', 'c', 'c/3.md']]);
  expect(readFileSync(join(files, 'b.csv'), 'utf8')).toBe('changed');
  const again = await exportRun(there.dir, join(tempDir(), 'again.tar.gz'), { cwd, env });
  expect(readFileSync(again.file).equals(readFileSync(to))).toBe(true);
});

test('what holds a secret, stands above the job or is a link that leads out is left out and told', async () => {
  const cwd = folderWith({
    'job.yaml': jobOf({ all: { run: 'true', reads: ['in/*', '../up.txt'] } }),
    'in/secret.txt': `key=${env.API_TOKEN}`,
    'in/hunter2hunter2.txt': 'its name is one',
    'in/plain.txt': 'plain',
    '../up.txt': 'above',
  });
  symlinkSync('../../up.txt', join(cwd, 'in/link.txt'));
  const { dir, to } = await runIn(cwd);
  const { leftOut } = await exportRun(dir, to, { cwd, env });
  expect(leftOut).toEqual([
    { path: 'in/***.txt', reason: 'it holds a secret' },
    { path: 'in/link.txt', reason: expect.stringContaining('link') as string },
    { path: 'in/secret.txt', reason: 'it holds a secret' },
    { path: '../up.txt', reason: 'it stands above the folders that the files of the job are in' },
  ]);
  const there = await importRun(to, { runsDir: join(tempDir(), 'runs') });
  expect(listed(join(there.dir, 'inputs/files'))).toEqual(['in', 'in/plain.txt']);
});

test('a file that did not go along is named before the run goes on', async () => {
  const cwd = folderWith({
    'job.yaml': jobOf({
      stop: { run: 'exit 1', retry: 0 },
      read: { run: 'cat a.txt', reads: ['a.txt'] },
      ask: { prompt: 'x', attachments: ['b.txt', 'c.txt'] },
    }),
    ...{ 'a.txt': env.API_TOKEN, 'b.txt': env.API_TOKEN, 'c.txt': 'c' },
  });
  const { dir, to } = await runIn(cwd);
  await exportRun(dir, to, { cwd, env });
  const runsDir = join(tempDir(), 'runs');
  const { jobId } = await importRun(to, { runsDir });
  const elsewhere = { cwd: tempDir(), runsDir, env } as const;
  await expect(resume(jobId, elsewhere).result).rejects.toMatchObject({
    code: 'not_found',
    message: expect.stringContaining('found none of: a.txt (step read), b.txt (step ask)') as string,
  });
});
