import { tempDir } from '@orch/testkit';
import { createHash } from 'node:crypto';
import { chmodSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openBlobs } from './blobs.ts';

const sha = (text: string) => createHash('sha256').update(text).digest('hex');

test('bytes come back by their digest, from a read-only file named by it', () => {
  const dir = join(tempDir(), 'artifacts');
  const blobs = openBlobs(dir);
  const digest = blobs.put('grüße');
  expect(digest).toBe(sha('grüße'));
  expect(Buffer.from(blobs.get(digest)!).toString()).toBe('grüße');
  expect(openBlobs(dir).has(digest)).toBe(true);
  expect(readdirSync(dir, { recursive: true }).sort()).toEqual([digest.slice(0, 2), join(digest.slice(0, 2), digest)]);
  expect(statSync(join(dir, digest.slice(0, 2), digest)).mode & 0o222).toBe(0);
});

test('a blob is written once', () => {
  const dir = tempDir();
  const blobs = openBlobs(dir, { durability: 'relaxed' });
  const path = join(dir, blobs.put('x').slice(0, 2), sha('x'));
  const before = statSync(path);
  blobs.put(Buffer.from('x'));
  const after = statSync(path);
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs]);
});

test('what was damaged on disc is not handed out', () => {
  const dir = tempDir();
  const blobs = openBlobs(dir);
  const digest = blobs.put('true');
  const path = join(dir, digest.slice(0, 2), digest);
  chmodSync(path, 0o644);
  writeFileSync(path, 'false');
  expect(() => blobs.get(digest)).toThrow(expect.objectContaining({ code: 'corrupt_log' }) as Error);
});

test('there is no blob under an unknown digest or under what is no digest', () => {
  const dir = tempDir();
  writeFileSync(join(dir, 'secret'), 'x');
  const blobs = openBlobs(join(dir, 'run/artifacts'));
  for (const name of [sha('never'), '', '../secret', sha('x').slice(1)]) {
    expect([blobs.has(name), blobs.get(name)]).toEqual([false, undefined]);
  }
});
