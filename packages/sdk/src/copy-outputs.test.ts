import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { copyOutputs } from './copy-outputs.ts';
import { defineJob, run } from './index.ts';

test('what is there already is told apart: new, as before, written by orch, and not', () => {
  const { job, write, copy, site } = place();
  write({ 'same.md': '1', 'ours.md': '1', 'deep/new.md': '1' });
  expect(copy()).toEqual({ ...none(job), created: ['deep/new.md', 'ours.md', 'same.md'] });
  write({ 'ours.md': '2', 'theirs.md': '2', 'equal.md': '2' });
  writeFileSync(join(site, 'theirs.md'), 'by hand');
  writeFileSync(join(site, 'equal.md'), '2');
  expect(() => copy()).toThrow(
    expect.objectContaining({ code: 'conflict', message: expect.stringContaining('theirs.md') }),
  );
  expect(readFileSync(join(site, 'ours.md'), 'utf8')).toBe('1');
  const forced = copy({ force: true });
  expect(forced).toMatchObject({
    replaced: ['ours.md', 'theirs.md'],
    unchanged: ['deep/new.md', 'equal.md', 'same.md'],
  });
  write({ 'theirs.md': '3', 'equal.md': '3' });
  expect(copy()).toMatchObject({ replaced: ['equal.md', 'theirs.md'], foreign: [] });
});

test('a file that a person edited since is theirs, and one that they removed is written again', () => {
  const { write, copy, site } = place();
  write({ 'a.md': '1', 'b.md': '1' });
  copy();
  rmSync(join(site, 'b.md'));
  expect(copy()).toMatchObject({ created: ['b.md'], unchanged: ['a.md'] });
  writeFileSync(join(site, 'a.md'), 'edited');
  expect(() => copy()).toThrow('orch did not write: a.md');
});

test('a record that was spoiled makes every other content that of somebody else', () => {
  const { write, copy, site } = place();
  write({ 'a.md': '1' });
  copy();
  write({ 'a.md': '2' });
  writeFileSync(join(site, '.orch-written.json'), '{');
  expect(() => copy()).toThrow(expect.objectContaining({ code: 'conflict' }));
});

test('nothing leaves the folder through a link, and nothing is copied of a run that failed or was only tried', () => {
  const { dir, write, copy, site } = place();
  write({ 'out/a.md': '1' });
  expect(copy({ limit: 1 })).toBeUndefined();
  expect(copy({ only: 'a' })).toBeUndefined();
  expect(copy({}, 'failed')).toBeUndefined();
  expect(existsSync(site)).toBe(false);
  mkdirSync(site);
  mkdirSync(join(dir, 'elsewhere'));
  symlinkSync(join(dir, 'elsewhere'), join(site, 'out'));
  expect(() => copy()).toThrow(expect.objectContaining({ code: 'unsafe_path' }));
  expect(readdirSync(join(dir, 'elsewhere'))).toEqual([]);
});

test('run copies them too, and its result rejects when it may not', async () => {
  const cwd = tempDir();
  const job = defineJob({ project: 'p', outputDir: './site' }, (j) => {
    j.files('a', { write: { 'a.md': 'new' } });
  });
  await run(job, { cwd, env: {} }).result;
  expect(readFileSync(join(cwd, 'site/a.md'), 'utf8')).toBe('new');
  writeFileSync(join(cwd, 'site/a.md'), 'mine');
  await expect(run(job, { cwd, env: {} }).result).rejects.toMatchObject({ code: 'conflict' });
  await run(job, { cwd, env: {}, force: true }).result;
  expect(readFileSync(join(cwd, 'site/a.md'), 'utf8')).toBe('new');
});

const none = (job: { jobDir: string }) => ({
  ...{ dir: join(job.jobDir, 'site'), created: [], replaced: [], unchanged: [], foreign: [] },
});

/** A job with `output_dir: site`, and the folder of a run of it. */
function place() {
  const dir = tempDir();
  const plan = { version: 1, project: 'p', concurrency: 1, vars: {}, steps: [], output_dir: 'site' } as const;
  const job = { plan, jobDir: dir };
  const runDir = join(dir, 'runs/job_000000000000');
  return {
    ...{ dir, job, site: join(dir, 'site') },
    write: (files: Readonly<Record<string, string>>): void => {
      for (const [name, text] of Object.entries(files)) {
        const path = join(runDir, 'outputs/p', name);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, text);
      }
    },
    copy: (options: Parameters<typeof copyOutputs>[2] = {}, status: 'succeeded' | 'failed' = 'succeeded') =>
      copyOutputs(job, { dir: runDir, status }, options),
  };
}
