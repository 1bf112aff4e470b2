import { mkdirSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { OrchError } from '@orch/contracts';
import { acquireLock } from '@orch/filestore';
import type { Lock } from '@orch/filestore';
import { hasErrno } from './disc-errors.ts';

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
  const lock = await lockFlight(path, signal);
  try {
    const answer = await fly();
    if (answer.cachedAt !== undefined) removeLockFile(path);
    return answer;
  } finally {
    lock.release();
  }
}

/**
 * Removes the file of a flight that nobody is on, left by a process that failed or died; false when somebody is. Only
 * for files of long ago: who is about to lock this one would otherwise hold a lock that others do not see.
 */
export async function clearFlight(path: string): Promise<boolean> {
  const lock = await lockIfFree(path);
  if (lock === undefined) return false;
  try {
    removeLockFile(path);
    return true;
  } finally {
    lock.release();
  }
}

async function lockIfFree(path: string): Promise<Lock | undefined> {
  try {
    return await acquireLock(path, { waitMs: 0 });
  } catch (error) {
    if (OrchError.is(error) && error.code === 'locked') return undefined;
    throw error;
  }
}

/** A lock whose file was cleared away between opening and locking it keeps nobody out: then once more. */
async function lockFlight(path: string, signal: AbortSignal | undefined): Promise<Lock> {
  for (;;) {
    const before = inodeOf(path);
    const lock = await acquireLock(path, { signal, waitMs: Infinity });
    const after = inodeOf(path);
    if (after !== undefined && (before === undefined || before === after)) return lock;
    lock.release();
  }
}

function inodeOf(path: string): bigint | undefined {
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino;
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw OrchError.from(error, 'io');
  }
}

function removeLockFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    // Windows keeps a file that is open; the next to store this answer removes it.
    if (!hasErrno(error, 'EBUSY', 'EPERM', 'EACCES')) throw error;
  }
}
