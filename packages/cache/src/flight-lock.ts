import { mkdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { OrchError } from '@orch/contracts';
import { acquireLock } from '@orch/filestore';

/**
 * Lets one process at a time fly. The lock's file is removed once the answer is stored: who opens another file of that
 * name looks again after locking it, as everybody must, and finds the answer.
 */
export async function withFlightLock<T extends { readonly cachedAt?: string }>(
  path: string,
  signal: AbortSignal | undefined,
  fly: () => Promise<T>,
): Promise<T> {
  makeFolder(dirname(path));
  const lock = await acquireLock(path, { signal, waitMs: Infinity });
  try {
    const answer = await fly();
    if (answer.cachedAt !== undefined) removeFile(path);
    return answer;
  } finally {
    lock.release();
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw OrchError.from(error, 'io');
  }
}

function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    // Windows keeps a file that is open; the next to store this answer removes it.
    if (!['EBUSY', 'EPERM', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
