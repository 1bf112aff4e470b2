import { tempDir } from '@orch/testkit';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { acquireLock, isLocked } from './lock.ts';

const locked = (words = '') =>
  expect.objectContaining({ code: 'locked', message: expect.stringContaining(words) }) as Error;

function node(script: string, ...flags: string[]) {
  const module = JSON.stringify(new URL('./lock.ts', import.meta.url).href);
  const code = `const { acquireLock, isLocked } = await import(${module});\n${script}`;
  const args = ['--conditions=@orch/source', ...flags, '--input-type=module', '-e', code];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** A process that holds the lock until it is killed or its stdin ends. */
async function holder(path: string): Promise<ChildProcess> {
  const child = node(`
    const lock = await acquireLock(${JSON.stringify(path)});
    console.log('held');
    process.stdin.resume().on('end', () => { lock.release(); process.exit(); });`);
  await once(child.stdout, 'data');
  return child;
}

test('one holder at a time, also within one process, until it releases', async () => {
  const path = join(tempDir(), 'run.lock');
  const lock = await acquireLock(path);
  await expect(acquireLock(path, { waitMs: 0 })).rejects.toThrow(locked(path));
  expect(isLocked(path)).toBe(true);
  expect(readdirSync(join(path, '..'))).toEqual(['run.lock']);
  lock.release();
  lock.release();
  expect(isLocked(path)).toBe(false);
  const next = await acquireLock(path, { waitMs: 0 });
  await next[Symbol.asyncDispose]();
  expect(isLocked(path)).toBe(false);
});

test('another process is kept out, told who holds the lock, and let in when the holder is killed', async () => {
  const dir = tempDir();
  const path = join(dir, 'run.lock');
  const owner = join(dir, 'owner.json');
  const child = await holder(path);
  await expect(acquireLock(path, { waitMs: 0, owner })).rejects.toThrow(locked('another process'));
  writeFileSync(owner, JSON.stringify({ pid: child.pid, host: 'box' }));
  await expect(acquireLock(path, { waitMs: 0, owner })).rejects.toThrow(locked(`pid ${child.pid}, host box`));
  writeFileSync(owner, '{"pid": 1');
  await expect(acquireLock(path, { waitMs: 0, owner })).rejects.toThrow(locked('another process'));
  child.kill('SIGKILL');
  await once(child, 'exit');
  (await acquireLock(path, { waitMs: 0 })).release();
});

test('waiting does not block the process and ends as soon as the lock is free', async () => {
  const path = join(tempDir(), 'run.lock');
  const child = await holder(path);
  const waiting = acquireLock(path, { waitMs: 60_000 });
  child.stdin?.end(); // only a process that is not blocked gets to send this
  (await waiting).release();
});

test('waiting ends with the reason of the signal', async () => {
  const path = join(tempDir(), 'run.lock');
  const lock = await acquireLock(path);
  const controller = new AbortController();
  const waiting = acquireLock(path, { waitMs: 60_000, signal: controller.signal });
  const reason = new Error('enough');
  setImmediate(() => controller.abort(reason));
  await expect(waiting).rejects.toBe(reason);
  await expect(acquireLock(join(path, '..', 'free'), { signal: controller.signal })).rejects.toBe(reason);
  lock.release();
});

test('looking at a lock neither creates it nor keeps others from taking it', async () => {
  const dir = tempDir();
  const path = join(dir, 'run.lock');
  expect(isLocked(path)).toBe(false);
  expect(readdirSync(dir)).toEqual([]);
  (await acquireLock(path)).release();
  const looking = node(`for (;;) { isLocked(${JSON.stringify(path)}); console.log(); }`);
  await once(looking.stdout, 'data');
  looking.stdout.resume();
  for (let round = 0; round < 20; round++) (await acquireLock(path, { waitMs: 1_000 })).release();
});

test('even who will not wait is not turned away by a look that lasts an instant', async () => {
  const path = join(tempDir(), 'run.lock');
  (await acquireLock(path)).release();
  const look = new DatabaseSync(path);
  look.exec('BEGIN; SELECT 1 FROM sqlite_schema');
  const taking = acquireLock(path, { waitMs: 0 });
  look.close();
  (await taking).release();
});

test('a lock outlives the last mention of its handle, and nothing is printed', async () => {
  const path = JSON.stringify(join(tempDir(), 'run.lock'));
  const script = `
    await acquireLock(${path});
    for (let i = 0; i < 5; i++) { gc(); await new Promise(setImmediate); }
    console.log(isLocked(${path}));`;
  const child = node(script, '--expose-gc');
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)]);
  expect(stdout).toBe('true\n');
  expect(stderr).not.toContain('SQLite');
});

test('a file that is no lock, or a folder that is not there, is an io error', async () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'text'), 'not a lock'.repeat(100));
  const io = expect.objectContaining({ code: 'io' }) as Error;
  await expect(acquireLock(join(dir, 'text'))).rejects.toThrow(io);
  expect(() => isLocked(join(dir, 'text'))).toThrow(io);
  await expect(acquireLock(join(dir, 'absent/run.lock'))).rejects.toThrow(io);
});
