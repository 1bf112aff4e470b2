import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { acquireLock } from '@orch/filestore';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { findRun, listRuns, readRun, recordReplies, resume, run } from '../index.ts';

const job = `
project: hello
steps:
  ask: { prompt: Say hello. }
  keep: { write: { hello.md: '{{ steps.ask.output }}' } }
`;

test('run() gives every event in order and ends with the result', async () => {
  const { handle } = start();
  const seqs: number[] = [];
  for await (const { seq } of handle) seqs.push(seq);
  const { status, manifest } = await handle.result;
  expect(status).toBe('succeeded');
  expect(seqs).toEqual(Array.from({ length: manifest.log.seq }, (_, at) => at + 1));
});

test('a bad job file rejects the result with all its problems, and leaves no folder', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), 'steps: { a: { prompt: x, needs: [b] }, c: { rum: x } }');
  const { result } = run('job.yaml', { cwd, provider: 'echo' });
  await expect(result).rejects.toMatchObject({
    code: 'spec',
    exit: 2,
    details: {
      problems: [
        { line: 1, code: 'unknown_need' },
        { line: 1, code: 'unknown_key' },
      ],
    },
  });
  expect(listRuns(join(cwd, 'runs'))).toEqual([]);
});

test('a provider that is none is refused, also of a job and of a resume that ask nobody', async () => {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), 'steps: { a: { run: "true" } }');
  const options = { cwd, provider: 'bogus' };
  const refusal = { code: 'usage', exit: 2, message: expect.stringContaining('replay, echo, got `bogus`') as string };
  await expect(run('job.yaml', options).result).rejects.toMatchObject(refusal);
  expect(listRuns(join(cwd, 'runs'))).toEqual([]);
  const { jobId } = await run('job.yaml', { cwd }).result;
  await expect(resume(jobId, options).result).rejects.toMatchObject(refusal);
});

test('a run reads the same from its manifest, from a torn one, and from its log alone', async () => {
  const { handle } = start();
  const { manifest } = await handle.result;
  const path = join(handle.dir, 'manifest.json');
  expect((await readRun(handle.dir)).manifest).toEqual(manifest);
  writeFileSync(path, readFileSync(path).subarray(0, 100));
  expect((await readRun(handle.dir)).manifest).toEqual(manifest);
  rmSync(path);
  expect((await readRun(handle.dir)).manifest).toEqual(manifest);
});

test('a run without an end is running while its lock is held, and interrupted when nobody holds it', async () => {
  const { handle } = start();
  await handle.result;
  const log = join(handle.dir, 'events.jsonl');
  const lines = readFileSync(log, 'utf8').trimEnd().split('\n');
  writeFileSync(log, lines.slice(0, 3).join('\n') + '\n');
  expect((await readRun(handle.dir)).status).toBe('interrupted');
  const lock = await acquireLock(join(handle.dir, 'run.lock'));
  expect((await readRun(handle.dir)).status).toBe('running');
  lock.release();
});

test('a torn last line is not read', async () => {
  const { handle } = start();
  const { manifest } = await handle.result;
  appendFileSync(join(handle.dir, 'events.jsonl'), '{"seq":');
  expect((await readRun(handle.dir)).manifest).toMatchObject({ status: 'succeeded', log: manifest.log });
});

test('a run is found by its id, the unique start of it, and as the latest', async () => {
  const { handle, runsDir } = start();
  await handle.result;
  const { jobId } = handle;
  for (const name of [jobId, jobId.slice(0, 9), jobId.slice(4, 10), 'latest', undefined]) {
    expect(basename(findRun(runsDir, name))).toBe(jobId);
  }
  expect(() => findRun(runsDir, 'job_zzz')).toThrow(/starts with job_zzz, found none/);
  for (const name of ['', ' '])
    expect(() => findRun(runsDir, name)).toThrow(expect.objectContaining({ code: 'usage' }));
  await run('job.yaml', { cwd: join(runsDir, '..'), provider: 'echo' }).result;
  expect(() => findRun(runsDir, 'job_')).toThrow(/found 2: job_/);
  expect(() => findRun(tempDir())).toThrow(expect.objectContaining({ code: 'not_found', exit: 2 }));
});

test('the replies of a run, recorded, answer the same questions', async () => {
  const { handle, cwd } = start();
  await handle.result;
  const files = await recordReplies(handle.dir, join(cwd, 'recordings'));
  expect(files.map((file) => basename(file))).toEqual(['ask.1.json']);
  const again = await run('job.yaml', { cwd, provider: 'replay' }).result;
  expect(again).toMatchObject({ status: 'succeeded', manifest: { provider: { provider: 'replay' } } });
  expect(again.manifest.steps['ask']?.output?.inline).toBe('echo: Say hello.');
});

function start() {
  const cwd = tempDir();
  writeFileSync(join(cwd, 'job.yaml'), job);
  return { cwd, runsDir: join(cwd, 'runs'), handle: run('job.yaml', { cwd, provider: 'echo' }) };
}
