import { closeSync, futimesSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { ParsedTarEntry } from 'modern-tar';
import type { ArchiveForm } from './archive-form.ts';
import { EntryRules } from './entry-rules.ts';
import type { AcceptedEntry } from './entry-rules.ts';
import { readTar } from './read-tar.ts';

export type UnpackLimits = {
  /** Files and folders, 500 000 unless given. */
  readonly maxEntries?: number | undefined;
  /** Bytes of the archive when it is unpacked, 4 GB unless given. */
  readonly maxBytes?: number | undefined;
};

export type UnpackOptions = UnpackLimits & {
  readonly form: ArchiveForm;
  /** An empty folder. */
  readonly into: string;
  /** Told of each run as soon as its id is known, before anything of it is written. Throws to refuse it. */
  readonly onRun: (jobId: string) => void;
  readonly signal?: AbortSignal | undefined;
};

/**
 * Unpacks the archive of a run, and of those that its steps began, as it is read, into folders of their ids, which are
 * returned, at least one. Throws `unsafe_path` for
 * names that could lead elsewhere, `usage` for anything else than a whole archive of a run within the limits, `io`, or
 * the signal's reason.
 */
export async function unpackRuns(file: string, options: UnpackOptions): Promise<readonly [string, ...string[]]> {
  const rules = new EntryRules(options.into, options.onRun);
  try {
    await unpackAll(file, rules, options);
  } catch (error) {
    options.signal?.throwIfAborted();
    throw toOrchError(file, error);
  }
  const [first, ...others] = rules.jobIds;
  if (first !== undefined) return [first, ...others];
  throw new OrchError('usage', `Expected the archive of a run, ${file} is empty.`);
}

async function unpackAll(file: string, rules: EntryRules, options: UnpackOptions): Promise<void> {
  const { maxEntries = 500_000, maxBytes = 4e9 } = options;
  let count = 0;
  for await (const entry of readTar(file, { ...options, maxBytes })) {
    count += 1;
    if (count > maxEntries) throw tooMany(file, maxEntries);
    const accepted = rules.accept(entry.header);
    if (accepted === undefined) await entry.body.cancel();
    else await unpack(accepted, entry);
  }
}

async function unpack({ type, target }: AcceptedEntry, { header, body }: ParsedTarEntry): Promise<void> {
  mkdirSync(type === 'folder' ? target : dirname(target), { recursive: true });
  if (type === 'folder') return;
  const file = openSync(target, 'wx', modeOf(header.mode));
  try {
    for await (const chunk of body) writeFileSync(file, chunk);
    if (header.mtime !== undefined) futimesSync(file, header.mtime, header.mtime);
  } finally {
    closeSync(file);
  }
}

/** Who may read and write beside its owner is for this system to say. */
function modeOf(mode = 0o644): number {
  return (mode & 0o200 ? 0o666 : 0o444) | (mode & 0o100 ? 0o111 : 0);
}

function tooMany(file: string, most: number): OrchError {
  return new OrchError('usage', `Expected at most ${most} files and folders in ${file}, it has more.`, {
    hint: 'If you trust it, raise --max-entries.',
  });
}

/** What the disc refuses names the call; all else that the streams throw is about the archive. */
function toOrchError(file: string, error: unknown): OrchError {
  if (OrchError.is(error)) return error;
  if ((error as NodeJS.ErrnoException).syscall !== undefined) return OrchError.from(error, 'io');
  return new OrchError('usage', `Expected a whole archive, ${file} is cut off or damaged: ${reasonOf(error)}`, {
    hint: 'Copy it again, or export the run again.',
    cause: error,
  });
}

/** Web streams wrap what a decompressor throws in an error without words. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message === '' && error.cause !== undefined ? reasonOf(error.cause) : error.message;
}
