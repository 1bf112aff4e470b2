import { tempDir } from '@orch/testkit';
import { spawnSync } from 'node:child_process';
import fs, { fstatSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openFiles } from './files.ts';
import { writeAtomic } from './write-atomic.ts';

test('a write that the system cuts short fails and leaves the old content and nothing else', () => {
  const dir = tempDir();
  const path = join(dir, 'big.txt');
  writeFileSync(path, 'old');
  const module = JSON.stringify(new URL('./write-atomic.ts', import.meta.url).href);
  // `ulimit -f 1` is a disc with room for 512 or 1,024 bytes: the first write is short, the next one an error.
  const script = `
    process.on('SIGXFSZ', () => {});
    const { writeAtomic } = await import(${module});
    try { writeAtomic(${JSON.stringify(path)}, 'x'.repeat(100_000)); } catch (error) { console.log(error.code, error.message); }`;
  const node = [process.execPath, '--conditions=@orch/source', '--input-type=module', '-e', script];
  const child = spawnSync('/bin/sh', ['-c', 'ulimit -f 1; exec "$@"', 'sh', ...node], { encoding: 'utf8' });
  expect(child.stdout).toBe(`io could not write ${path}: file too large (EFBIG)\n`);
  expect(readFileSync(path, 'utf8')).toBe('old');
  expect(readdirSync(dir)).toEqual(['big.txt']);
});

test('a rename that fails leaves nothing over', () => {
  const dir = tempDir();
  mkdirSync(join(dir, 'taken/inner'), { recursive: true });
  expect(() => writeAtomic(join(dir, 'taken'), 'x')).toThrow(/could not write .*taken: .* \((EISDIR|ENOTEMPTY)\)/);
  expect(readdirSync(dir)).toEqual(['taken']);
});

describe('the order of syncs and names', () => {
  afterEach(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });

  function watch(): string[] {
    const calls: string[] = [];
    const { fsyncSync, renameSync, linkSync, mkdirSync } = fs;
    vi.spyOn(fs, 'fsyncSync').mockImplementation((file) => {
      calls.push(fstatSync(file).isDirectory() ? 'sync folder' : 'sync file');
      fsyncSync(file);
    });
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => (calls.push('rename'), renameSync(from, to)));
    vi.spyOn(fs, 'linkSync').mockImplementation((from, to) => (calls.push('link'), linkSync(from, to)));
    vi.spyOn(fs, 'mkdirSync').mockImplementation((path, options) => (calls.push('mkdir'), mkdirSync(path, options)));
    syncBuiltinESMExports();
    return calls;
  }

  test('under strict, content is synced before it gets its name, and the name before the call returns', () => {
    const root = tempDir();
    const files = openFiles(root);
    const calls = watch();
    files.write('a', 'x');
    expect(calls.splice(0)).toEqual(['sync file', 'rename', 'sync folder']);
    files.write('b', 'x', { mode: 'create_new' });
    expect(calls.splice(0)).toEqual(['sync file', 'link', 'sync folder']);
    files.write('c/d/e', 'x');
    expect(calls.splice(0)).toEqual(['mkdir', 'sync folder', 'sync folder', 'sync file', 'rename', 'sync folder']);
  });

  test('under strict, equal content that somebody else left is synced once', () => {
    const root = tempDir();
    writeFileSync(join(root, 'a'), 'x');
    const files = openFiles(root);
    const calls = watch();
    files.write('a', 'x');
    expect(calls.splice(0)).toEqual(['sync file', 'sync folder']);
    files.write('a', 'x');
    expect(calls).toEqual([]);
  });

  test('under relaxed, nothing is synced', () => {
    const files = openFiles(tempDir(), { durability: 'relaxed' });
    const calls = watch();
    files.write('a/b', 'x');
    files.write('a/b', 'x');
    files.write('a/c', 'x', { mode: 'create_new' });
    expect(calls).toEqual(['mkdir', 'rename', 'link']);
  });
});

test('texts that come one after the other are one content, and a fault in their midst leaves the old one', () => {
  const dir = tempDir();
  const path = join(dir, 'a.txt');
  const long = 'é'.repeat(100_000);
  writeAtomic(
    path,
    Array.from({ length: 7 }, () => long),
  );
  expect(readFileSync(path, 'utf8')).toBe(long.repeat(7));
  const faulty = function* () {
    yield long;
    throw new RangeError('no more');
  };
  expect(() => writeAtomic(path, faulty())).toThrow(/no more/);
  expect(readFileSync(path, 'utf8')).toBe(long.repeat(7));
  expect(readdirSync(dir)).toEqual(['a.txt']);
});
