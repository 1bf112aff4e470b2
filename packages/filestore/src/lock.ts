import { OrchError } from '@orch/contracts';
import { existsSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { lockedError } from './lock-owner.ts';
import { loadSqlite } from './sqlite.ts';

export type LockOptions = {
  readonly signal?: AbortSignal | undefined;
  /** How long to wait for another holder, in milliseconds; 1 000 unless given. */
  readonly waitMs?: number | undefined;
  /** A JSON file in which the holder says who it is, for the message. */
  readonly owner?: string | undefined;
};

/** A held lock. It ends with `release`, with `using`, or with this process. */
export interface Lock {
  readonly path: string;
  /** May be called again. */
  release(): void;
  [Symbol.dispose](): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const busy = 5; // https://sqlite.org/rescode.html#busy
const retryMs = 15;
/** A probe holds the file for an instant: no holder is presumed before this time. */
const patienceMs = 50;

/** Locks would end with their database when it is collected as garbage. */
const held = new Set<DatabaseSync>();

/**
 * Takes the lock of the operating system on a file that only locks use (an exclusive SQLite transaction); it is created
 * if need be. Throws `locked` when another holds it for longer than `waitMs`, the signal's reason, or `io`.
 */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<Lock> {
  const { signal, waitMs = 1_000, owner } = options;
  const deadline = performance.now() + Math.max(waitMs, patienceMs);
  for (;;) {
    signal?.throwIfAborted();
    const database = tryLock(path);
    if (database !== undefined) return lockOf(path, database);
    const left = deadline - performance.now();
    if (left <= 0) throw lockedError(path, owner);
    await pause(Math.min(retryMs, left), signal);
  }
}

/** Whether somebody holds the lock now. Neither takes it nor creates the file. Throws `io`. */
export function isLocked(path: string): boolean {
  if (!existsSync(path)) return false;
  let database: DatabaseSync | undefined;
  try {
    database = new (loadSqlite().DatabaseSync)(path, { readOnly: true });
    database.exec('SELECT 1 FROM sqlite_schema');
    return false;
  } catch (error) {
    if (isBusy(error)) return true;
    throw sqliteError('look at', path, error);
  } finally {
    database?.close();
  }
}

function tryLock(path: string): DatabaseSync | undefined {
  let database: DatabaseSync | undefined;
  try {
    database = new (loadSqlite().DatabaseSync)(path);
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE'); // in memory: no second file beside this one
    return database;
  } catch (error) {
    database?.close();
    if (isBusy(error)) return undefined;
    throw sqliteError('lock', path, error);
  }
}

function lockOf(path: string, database: DatabaseSync): Lock {
  held.add(database);
  const release = () => {
    if (held.delete(database)) database.close();
  };
  return { path, release, [Symbol.dispose]: release, [Symbol.asyncDispose]: async () => release() };
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, signal && { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
}

function isBusy(error: unknown): boolean {
  return sqliteCode(error) === busy;
}

function sqliteCode(error: unknown): number | undefined {
  const code = error instanceof Error ? (error as { errcode?: unknown }).errcode : undefined;
  return typeof code === 'number' ? code & 0xff : undefined; // the low byte; the rest says more precisely why
}

function sqliteError(doing: string, path: string, error: unknown): unknown {
  if (sqliteCode(error) === undefined) return error;
  return new OrchError('io', `could not ${doing} ${path}: ${(error as Error).message}`, {
    hint: 'Its folder must exist and be writable, and nothing else may write to that file.',
    details: { path },
    cause: error,
  });
}
