import {
  appendFileSync,
  chmodSync,
  cpSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { acquireLock } from '@orch/filestore';
import { tempDir } from '@orch/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../run.ts';
import { exportRun } from './export-run.ts';
import { importRun } from './import-run.ts';

let whole = '';

beforeAll(async () => {
  const cwd = tempDir(afterAll);
  const steps = {
    keep: { write: { 'a/x.md': 'x', 'b.md': 'b' } },
    made: { run: 'echo 1 > {{ run.outputs }}/made.sh', writes: ['made.sh'] },
  };
  writeFileSync(join(cwd, 'job.yaml'), JSON.stringify({ project: 'p', steps }));
  ({ dir: whole } = await run('job.yaml', { cwd, provider: 'echo' }).result);
});

test.each(['run.tar.gz', 'run.tgz', 'run.tar.zst'])('%s: a run goes there and back to the same bytes', async (name) => {
  const { dir, to } = copy(name);
  chmodSync(join(dir, 'outputs/p/made.sh'), 0o755);
  const exported = await exportRun(dir, to);
  expect(exported).toMatchObject({ jobId: basename(dir), file: to, bytes: statSync(to).size, leftOut: [] });
  const there = await importRun(to, { runsDir: tempDir() });
  expect(statSync(join(there.dir, 'outputs/p/made.sh')).mode & 0o100).toBe(0o100);
  const back = await exportRun(there.dir, join(tempDir(), name));
  expect(readFileSync(back.file).equals(readFileSync(to))).toBe(true);
  expect(back.files).toBe(exported.files);
});

test('a run that somebody is writing is not exported, and the message says who', async () => {
  const { dir, to } = copy();
  const lock = await acquireLock(join(dir, 'run.lock'));
  writeFileSync(join(dir, 'owner.json'), '{"pid":4711}');
  await expect(exportRun(dir, to)).rejects.toMatchObject({
    code: 'locked',
    exit: 6,
    message: expect.stringContaining('4711') as string,
  });
  lock.release();
  expect(readdirSync(dirname(to))).toEqual(['runs']);
});

test('a run that is not whole is not exported', async () => {
  const { dir, to } = copy();
  writeFileSync(join(dir, 'outputs/p/b.md'), 'B');
  await expect(exportRun(dir, to)).rejects.toMatchObject({ code: 'corrupt_log', details: { path: 'outputs/p/b.md' } });
  expect(readdirSync(dirname(to))).toEqual(['runs']);
});

test('a run whose process was killed goes too, with the end that nobody acknowledged', async () => {
  const { dir, to } = copy();
  appendFileSync(join(dir, 'events.jsonl'), '{"seq":');
  await exportRun(dir, to);
  expect(await importRun(to, { runsDir: tempDir() })).toMatchObject({ tail: { bytes: 7 } });
});

test('a file that is there is replaced only when asked to, and nothing but a file ever is', async () => {
  const { dir, to } = copy();
  writeFileSync(to, 'precious');
  await expect(exportRun(dir, to)).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('--force') as string,
  });
  expect(readFileSync(to, 'utf8')).toBe('precious');
  await exportRun(dir, to, { force: true });
  expect(readFileSync(to).subarray(0, 2).toString('hex')).toBe('1f8b');
  rmSync(to);
  mkdirSync(to);
  await expect(exportRun(dir, to, { force: true })).rejects.toMatchObject({ code: 'usage' });
  expect(readdirSync(dirname(to)).sort()).toEqual(['run.tar.gz', 'runs']);
});

test('a name that says no form is a wrong call, a folder that is not there an error of the disc', async () => {
  const { dir, to } = copy('run.zip');
  await expect(exportRun(dir, to)).rejects.toMatchObject({ code: 'usage' });
  await expect(exportRun(dir, join(to, 'run.tar.gz'))).rejects.toMatchObject({ code: 'io' });
});

test('links to files of the run go as files; what cannot go is told, unless the log names it', async () => {
  const { dir, to } = copy();
  const outputs = join(dir, 'outputs/p');
  symlinkSync('b.md', join(outputs, 'inside.md'));
  symlinkSync('/etc/hostname', join(outputs, 'outside'));
  symlinkSync('a', join(outputs, 'folder'));
  symlinkSync('nowhere', join(outputs, 'broken'));
  for (const name of ['U.md', 'u.md']) writeFileSync(join(outputs, name), name);
  writeFileSync(join(outputs, 'back\\slash'), 'x');
  const { leftOut } = await exportRun(dir, to);
  expect(leftOut.map(({ path }) => basename(path))).toEqual(['back\\slash', 'broken', 'folder', 'outside', 'u.md']);
  writeFileSync(join(outputs, 'B.MD'), 'another');
  await expect(exportRun(dir, to, { force: true })).rejects.toMatchObject({ code: 'unsafe_path' });
});

test('an export that is interrupted leaves nothing behind', async () => {
  const { dir, to } = copy();
  const stop = new AbortController();
  writeFileSync(join(dir, 'long.log'), Buffer.alloc(50_000_000));
  const exported = exportRun(dir, to, { signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(exported).rejects.toThrow('enough');
  expect(readdirSync(dirname(to))).toEqual(['runs']);
});

function copy(name = 'run.tar.gz'): { readonly dir: string; readonly to: string } {
  const folder = tempDir();
  const dir = join(folder, 'runs', basename(whole));
  cpSync(whole, dir, { recursive: true, preserveTimestamps: true });
  return { dir, to: join(folder, name) };
}
