import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join, relative, sep } from 'node:path';
import type { Preimage } from '@orch/contracts';
import { tempDir } from '@orch/testkit';
import { afterEach, expect, test, vi } from 'vitest';
import { openCache } from './index.ts';

const question: Preimage = { provider: { name: 'p', model: 'm', opts: {} }, step: 's', inputs: {} };

afterEach(() => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
});

/** What happens to files below a folder, in order; of names, which folder they are in. */
function watch(base: string): string[] {
  const calls: string[] = [];
  const { fsyncSync, renameSync, linkSync } = fs;
  const top = (path: fs.PathLike) => relative(base, String(path)).split(sep)[0];
  vi.spyOn(fs, 'fsyncSync').mockImplementation((file) => {
    if (fs.fstatSync(file).isFile()) calls.push('sync');
    fsyncSync(file);
  });
  vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
    renameSync(from, to);
    calls.push(`name in ${top(to)}`);
  });
  vi.spyOn(fs, 'linkSync').mockImplementation((from, to) => {
    linkSync(from, to);
    calls.push(`link from ${top(from)} to ${top(to)}`);
  });
  syncBuiltinESMExports();
  return calls;
}

test('an answer gets its name in the run once it is whole and synced, and then, as a link, in the shared folder', async () => {
  const base = tempDir();
  const open = (run: string) => openCache<string>(join(base, run), { shared: join(base, 'shared') });
  const calls = watch(base);
  await open('a').getOrCompute(question, async () => {
    calls.push('computed');
    return 'hi';
  });
  expect(calls.splice(0)).toEqual(['computed', 'sync', 'name in a', 'link from a to shared']);
  await open('b').getOrCompute(question, () => Promise.reject(new Error('must not be computed')));
  expect(calls).toEqual(['link from shared to b']);
});
