import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { isLocked } from '@orch/filestore';
import { tempDir } from '@orch/testkit';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withFlightLock } from './flight-lock.ts';

test('a lock whose file is cleared away between opening and locking it is taken once more, and keeps others out', async () => {
  const path = join(tempDir(), 'flights', 'key.lock');
  const exec = Reflect.get<DatabaseSync, 'exec'>(DatabaseSync.prototype, 'exec');
  let isFirst = true;
  const spy = vi.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
    if (isFirst) rmSync(path); // as another process does that has just stored its answer
    isFirst = false;
    exec.call(this, sql);
  });
  onTestFinished(() => spy.mockRestore());
  const seen = await withFlightLock(path, undefined, async () => ({ isLocked: isLocked(path), cachedAt: 'now' }));
  expect(seen).toMatchObject({ isLocked: true });
  expect(isLocked(path)).toBe(false);
});
