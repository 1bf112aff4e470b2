import { existsSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { tempDir } from '@orch/testkit';
import { expect, test } from 'vitest';
import { sha256 } from './cache-key.ts';
import { runPlaces } from './cache-places.ts';
import { entryFiles, removeUnused } from './stored-files.ts';

test('a file that was used since it was looked at is not removed, nor is one that is gone', () => {
  const dir = tempDir();
  const path = join(dir, `${sha256('x')}.json`);
  writeFileSync(path, '{}');
  const seen = [...entryFiles(runPlaces(dir))][0]!;
  utimesSync(path, new Date(), new Date(seen.usedAt + 1_000));
  expect([removeUnused(seen), existsSync(path)]).toEqual([false, true]);
  const seenAgain = [...entryFiles(runPlaces(dir))][0]!;
  expect([removeUnused(seenAgain), existsSync(path)]).toEqual([true, false]);
  expect(removeUnused(seenAgain)).toBe(false);
});
