import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A new empty folder (its real path), removed when the test ends.
 * Outside a test hand in when to remove it: `const dir = tempDir(afterAll)`.
 */
export function tempDir(whenDone: (remove: () => void) => void = onTestFinished): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'orch-test-')));
  whenDone(() => rmSync(dir, { recursive: true, force: true, maxRetries: 3 }));
  return dir;
}
