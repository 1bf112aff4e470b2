import { existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { constants, gunzipSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { tempDir } from '@orch/testkit';
import { packTar } from 'modern-tar';
import type { TarEntry, TarHeader } from 'modern-tar';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { run } from '../run.ts';
import { verifyRun } from '../verify/verify-run.ts';
import { exportRun } from './export-run.ts';
import { importRun } from './import-run.ts';

const id = 'job_0123456789ab';
let dir = '';
let archive = '';

beforeAll(async () => {
  const cwd = tempDir(afterAll);
  const steps = {
    ask: { prompt: 'Hi.' },
    keep: { write: { 'a/x.md': '{{ steps.ask.output }}' } },
    big: { run: 'seq 1 3000' },
  };
  writeFileSync(join(cwd, 'job.yaml'), JSON.stringify({ project: 'p', steps }));
  ({ dir } = await run('job.yaml', { cwd, provider: 'echo' }).result);
  ({ file: archive } = await exportRun(dir, join(cwd, 'run.tar.gz')));
});

test('an imported run is the run that was exported, and blobs are read-only', async () => {
  const runsDir = join(tempDir(), 'deep', 'runs');
  const imported = await importRun(archive, { runsDir });
  const verified = await verifyRun(dir);
  expect(verified).toMatchObject({ ok: true, value: { ...imported, dir } });
  expect(imported.dir).toBe(join(runsDir, basename(dir)));
  expect(readdirSync(runsDir)).toEqual([basename(dir)]);
  const names = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();
  expect(names(imported.dir)).toEqual(
    names(dir).filter((name) => !/^(run\.lock|owner\.json|inputs.origin\.json)$/.test(name)),
  );
  for (const name of names(dir).filter((path) => /artifacts.*\w{64}$/.test(path))) {
    expect(statSync(join(imported.dir, name)).mode & 0o222).toBe(0);
  }
});

const file = (name: string, body = 'x'): TarEntry => ({ header: { name, size: body.length, type: 'file' }, body });
const special = (type: TarHeader['type'], name = `${id}/x`): TarEntry => ({
  header: { name, size: 0, linkname: '/etc/passwd', ...(type && { type }) },
});
const above = join(tmpdir(), `orch-escaped-${process.pid}`);

test.each<[string, string, TarEntry[]]>([
  ['an absolute path', 'unsafe_path', [file(above)]],
  ['a path with ..', 'unsafe_path', [file(`${id}/../../escaped`)]],
  ['.. alone', 'unsafe_path', [file(`..`)]],
  ['a path with .. in a long name', 'unsafe_path', [file(`${id}/${'a/'.repeat(200)}../x`)]],
  ['a backslash', 'unsafe_path', [file(`${id}\\..\\..\\escaped`)]],
  ['the name of a device', 'unsafe_path', [file(`${id}/aux.txt`)]],
  ['a control character', 'unsafe_path', [file(`${id}/a\nb`)]],
  ['a symbolic link', 'unsafe_path', [special('symlink')]],
  ['a hard link', 'unsafe_path', [special('link')]],
  ['a link as its top folder, and a file below it', 'unsafe_path', [special('symlink', id), file(`${id}/x`)]],
  ['a character device', 'unsafe_path', [special('character-device')]],
  ['a block device', 'unsafe_path', [special('block-device')]],
  ['a pipe', 'unsafe_path', [special('fifo')]],
  ['names that differ in case', 'unsafe_path', [file(`${id}/a`), file(`${id}/A`)]],
  ['folders that differ in case', 'unsafe_path', [file(`${id}/a/x`), file(`${id}/A/y`)]],
  ['names that differ in Unicode form', 'unsafe_path', [file(`${id}/\u00e9`), file(`${id}/e\u0301`)]],
  ['a file twice', 'unsafe_path', [file(`${id}/a`), file(`${id}/a`)]],
  ['a file that is a folder', 'unsafe_path', [file(`${id}/a`), file(`${id}/a/b`)]],
  ['two runs', 'usage', [file(`${id}/x`), file('job_ba9876543210/x')]],
  ['a folder that is no run', 'usage', [file('notes/x')]],
  ['a file instead of a folder', 'usage', [file(id)]],
  ['nothing', 'usage', []],
  ['a folder without a log', 'not_found', [file(`${id}/x`)]],
  [
    'a log that is none',
    'corrupt_log',
    [file(`${id}/events.jsonl`, '{}\n'), file(`${id}/manifest.json`, '{"log":{"seq":1,"bytes":3,"sha256":""}}')],
  ],
])('an archive with %s is refused with %s, and nothing is left behind', async (_, code, entries) => {
  const { path, runsDir } = await evil(entries);
  await expect(importRun(path, { runsDir })).rejects.toMatchObject({ code });
  expect(readdirSync(runsDir)).toEqual([]);
  expect(existsSync(above)).toBe(false);
  expect(readdirSync(join(runsDir, '..')).sort()).toEqual(['evil.tar.gz', 'runs']);
});

test('what is about another machine alone is not taken from an archive', async () => {
  const tar = gunzipSync(readFileSync(archive));
  const jobId = basename(dir);
  const forged = ['run.lock', 'owner.json', 'inbox/01.json', 'INBOX/02.json', 'inputs/origin.json'];
  const more = await packTar(forged.map((name) => file(`${jobId}/${name}`)));
  const { path, runsDir } = place(Buffer.concat([tar.subarray(0, -1024), more]));
  const imported = await importRun(path, { runsDir });
  expect(readdirSync(join(imported.dir, 'inbox'))).toEqual([]);
  expect(readdirSync(imported.dir).sort()).toEqual(
    readdirSync(dir)
      .filter((name) => name !== 'run.lock' && name !== 'owner.json')
      .sort(),
  );
  expect(readdirSync(join(imported.dir, 'inputs'))).not.toContain('origin.json');
});

test('an archive that was cut off or damaged anywhere is refused with a reason, and nothing is left behind', async () => {
  const whole = readFileSync(archive);
  const refusal = { code: 'usage', message: expect.stringMatching(/ is cut off or damaged: \w/) as string };
  for (const part of [0.01, 0.3, 0.6, 0.99]) {
    const { path, runsDir } = place(whole.subarray(0, Math.floor(whole.length * part)), false);
    await expect(importRun(path, { runsDir })).rejects.toMatchObject(refusal);
    expect(readdirSync(runsDir)).toEqual([]);
  }
  const tar = gunzipSync(whole);
  for (const end of [-1, -600, -1024 - 512, Math.floor(-tar.length / 2)]) {
    for (const compress of [gzipSync, zstdCompressSync]) {
      const { path, runsDir } = place(compress(tar.subarray(0, end)), false);
      await expect(importRun(path, { runsDir })).rejects.toMatchObject(refusal);
      expect(readdirSync(runsDir)).toEqual([]);
    }
  }
});

test('of an archive in zstd every byte counts, also the last ones, which hold nothing of the run', async () => {
  const tar = gunzipSync(readFileSync(archive));
  const { path, runsDir } = place(Buffer.alloc(0), false);
  const refused = async (bytes: Buffer, why: RegExp) => {
    writeFileSync(path, bytes);
    const message = expect.stringMatching(why) as string;
    await expect(importRun(path, { runsDir })).rejects.toMatchObject({ code: 'usage', message });
  };
  const checked = { params: { [constants.ZSTD_c_checksumFlag]: 1 } };
  for (const whole of [zstdCompressSync(tar), zstdCompressSync(tar, checked)]) {
    for (const cut of [1, 2, 3, 4, 5, 8, 30])
      await refused(whole.subarray(0, -cut), /cut off or damaged: unexpected end/);
    await refused(Buffer.concat([whole, Buffer.from('more of it')]), /cut off or damaged: something else than zstd/);
  }
  const skippable = Buffer.from([0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3]);
  const [front, back] = [tar.subarray(0, 70_000), tar.subarray(70_000)];
  const raw = zstdCompressSync(back, checked);
  writeFileSync(path, Buffer.concat([zstdCompressSync(front), skippable, raw, zstdCompressSync(Buffer.alloc(0))]));
  expect((await importRun(path, { runsDir })).jobId).toBe(basename(dir));
});

test('a run that does not verify is refused with what does not fit, and nothing is left behind', async () => {
  const tar = Buffer.from(gunzipSync(readFileSync(archive)));
  const at = tar.indexOf('2999\n3000');
  tar.write('9', at);
  const { path, runsDir } = place(tar);
  await expect(importRun(path, { runsDir })).rejects.toMatchObject({
    code: 'corrupt_log',
    exit: 8,
    details: { what: 'the output of step big' },
  });
  expect(readdirSync(runsDir)).toEqual([]);
});

test('an archive larger than allowed is refused before the disc is full, and may be let in', async () => {
  const bomb = await evil([file(`${id}/zeros`, '0'.repeat(30_000_000))]);
  await expect(importRun(bomb.path, { runsDir: bomb.runsDir, maxBytes: 1_000_000 })).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('--max-size') as string,
  });
  const many = await evil(Array.from({ length: 50 }, (_, n) => file(`${id}/${n}`)));
  await expect(importRun(many.path, { runsDir: many.runsDir, maxEntries: 49 })).rejects.toMatchObject({
    code: 'usage',
    hint: expect.stringContaining('--max-entries') as string,
  });
  for (const { runsDir } of [bomb, many]) expect(readdirSync(runsDir)).toEqual([]);
  await importRun(archive, { runsDir: bomb.runsDir, maxBytes: 10_000_000, maxEntries: 100 });
});

test('a run that is there already stays as it is', async () => {
  const runsDir = tempDir();
  await importRun(archive, { runsDir });
  const log = join(runsDir, basename(dir), 'events.jsonl');
  writeFileSync(log, 'mine');
  await expect(importRun(archive, { runsDir })).rejects.toMatchObject({
    code: 'usage',
    message: expect.stringContaining(basename(dir)) as string,
  });
  expect(readFileSync(log, 'utf8')).toBe('mine');
  expect(readdirSync(runsDir)).toEqual([basename(dir)]);
});

test('what is no archive, or not there, is told before a folder is made', async () => {
  const runsDir = join(tempDir(), 'runs');
  await expect(importRun(join(dir, 'events.jsonl'), { runsDir })).rejects.toMatchObject({ code: 'usage' });
  await expect(importRun(join(dir, 'nothing'), { runsDir })).rejects.toMatchObject({ code: 'not_found' });
  await expect(importRun(dir, { runsDir })).rejects.toMatchObject({ code: 'io' });
  expect(existsSync(runsDir)).toBe(false);
});

test('an import that is interrupted leaves nothing behind', async () => {
  const runsDir = tempDir();
  const stop = new AbortController();
  const imported = importRun(archive, { runsDir, signal: stop.signal });
  stop.abort(new Error('enough'));
  await expect(imported).rejects.toThrow('enough');
  expect(readdirSync(runsDir)).toEqual([]);
});

async function evil(entries: readonly TarEntry[]): Promise<{ readonly path: string; readonly runsDir: string }> {
  return place(await packTar(entries));
}

function place(bytes: Uint8Array, compress = true): { readonly path: string; readonly runsDir: string } {
  const folder = tempDir();
  const path = join(folder, 'evil.tar.gz');
  const runsDir = join(folder, 'runs');
  mkdirSync(runsDir);
  writeFileSync(path, compress ? gzipSync(bytes) : bytes);
  return { path, runsDir };
}
