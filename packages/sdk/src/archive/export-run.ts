import { statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import { readLog } from '@orch/events';
import type { OrchEvents } from '@orch/events';
import { acquireLock, isLocked, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { verifyRun } from '../verify/verify-run.ts';
import { draftArchive } from './archive-draft.ts';
import type { ArchiveDraft, DraftOptions } from './archive-draft.ts';
import type { LeftOut } from './carried-entries.ts';
import { packRun } from './pack-run.ts';
import type { Packed } from './pack-run.ts';

export type ExportOptions = DraftOptions & { readonly signal?: AbortSignal | undefined };

export type ExportedRun = {
  readonly jobId: string;
  /** Absolute path of the archive. */
  readonly file: string;
  /** Its size. */
  readonly bytes: number;
  readonly files: number;
  /** What cannot stand in an archive, such as links that lead out. The log names none of it. */
  readonly leftOut: readonly LeftOut[];
};

/**
 * Writes a whole run into `to`, a `.tar.gz` or `.tar.zst`: all of it or nothing. Locks, the inbox and the place of the
 * job file are left behind. Rejects with `locked` while somebody writes the run, `corrupt_log` when it is not whole (see
 * `verifyRun`), `usage` when the file is there, `unsafe_path` for a file that other systems cannot have, `io`, or the
 * signal's reason.
 */
export async function exportRun(dir: string, to: string, options: ExportOptions = {}): Promise<ExportedRun> {
  const paths = runPaths(dirname(resolve(dir)), basename(resolve(dir)));
  const file = resolve(to);
  const draft = draftArchive(file, options);
  await refuseLocked(paths);
  const verified = await verifyRun(paths.dir);
  if (!verified.ok) throw verified.error;
  try {
    const packed = await fill(draft, paths, options.signal);
    return { jobId: basename(paths.dir), file, ...packed, bytes: draft.keep() };
  } catch (error) {
    options.signal?.throwIfAborted();
    throw OrchError.from(error, 'io');
  } finally {
    draft.drop();
  }
}

async function fill(draft: ArchiveDraft, paths: RunPaths, signal: AbortSignal | undefined): Promise<Packed> {
  const before = statSync(paths.events).size;
  const { tar, done } = packRun(paths.dir);
  const [written, packed] = await Promise.allSettled([draft.fill(tar, signal), done]);
  if (written.status === 'rejected') throw written.reason;
  if (packed.status === 'rejected') throw packed.reason;
  await refuseLocked(paths);
  if (statSync(paths.events).size !== before) throw new OrchError('locked', `${paths.dir} was resumed meanwhile.`);
  await refuseMissing(paths, packed.value.leftOut);
  return packed.value;
}

/** Whoever holds the lock says so himself. */
async function refuseLocked({ lock, owner }: RunPaths): Promise<void> {
  if (isLocked(lock)) (await acquireLock(lock, { owner, waitMs: 0 })).release();
}

async function refuseMissing({ events }: RunPaths, leftOut: readonly LeftOut[]): Promise<void> {
  if (leftOut.length === 0) return;
  for await (const event of readLog<OrchEvents>(events, { types: ['file.written'] })) {
    if (event.type !== 'file.written') continue;
    const { path: file } = event.data;
    const left = leftOut.find(({ path }) => file === path || file.startsWith(`${path}/`));
    if (left === undefined) continue;
    throw new OrchError(
      'unsafe_path',
      `Expected files that an archive can hold, ${left.path} is none: ${left.reason}.`,
    );
  }
}
