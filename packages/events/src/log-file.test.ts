import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { afterEach, expect, test, vi } from 'vitest';

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

test('both ways to sync ask the disc to keep what was written, and end when it has answered', async () => {
  const { fdatasync } = fs;
  const calls: string[] = [];
  vi.spyOn(fs, 'fdatasync').mockImplementation((fd, done) => {
    calls.push('sync');
    fdatasync(fd, (error) => {
      calls.push('synced');
      done(error);
    });
  });
  vi.spyOn(fs, 'fdatasyncSync').mockImplementation(() => void calls.push('sync now'));
  syncBuiltinESMExports();
  const { openLogFile } = await import('./log-file.ts');
  const file = openLogFile(join(tempDir(), 'events.jsonl'));
  file.write(Buffer.from('line\n'));
  await file.sync();
  expect(calls.splice(0)).toEqual(['sync', 'synced']);
  file.syncNow();
  expect(calls).toEqual(['sync now']);
  file.close();
});
