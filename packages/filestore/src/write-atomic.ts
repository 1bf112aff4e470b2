import { constants, copyFileSync, linkSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { writeDraft } from './draft.ts';
import type { Durability } from './draft.ts';
import { syncFile, syncFolder } from './folder.ts';
import { hasCode, ioError } from './io-error.ts';

export type AtomicOptions = {
  /** `strict` (default) syncs the file and its folder before returning; `relaxed` syncs nothing. */
  readonly durability?: Durability | undefined;
  /** Permission bits of the file, less those of the umask; 0o666 unless given. */
  readonly mode?: number | undefined;
};

/**
 * Puts content at `path` in one step: readers see the old or the new content, never a part. Missing folders are
 * created. Throws `io`; the old content is then still there and nothing else is left over. Content in pieces is asked for
 * as it is written.
 */
export function writeAtomic(
  path: string,
  content: string | Uint8Array | Iterable<string>,
  options: AtomicOptions = {},
): void {
  const { durability = 'strict', mode = 0o666 } = options;
  const pieces = typeof content === 'string' ? toBytes(content) : content;
  const draft = writeDraft(path, pieces, { durability, mode });
  try {
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw ioError('write', path, error);
  }
  if (durability === 'strict') syncName(path);
}

/** The same for a path that must be free; false, and nothing is changed, when something is there. */
export function createAtomic(path: string, content: Uint8Array, durability: Durability): boolean {
  const draft = writeDraft(path, content, { durability, mode: 0o666 });
  try {
    linkOrCopy(draft, path, durability);
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw ioError('create', path, error);
  } finally {
    rmSync(draft, { force: true });
  }
  if (durability === 'strict') syncName(path);
  return true;
}

export function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? Buffer.from(content) : content;
}

/** A link puts whole content under a free name in one step. File systems without links get an exclusive copy. */
function linkOrCopy(draft: string, path: string, durability: Durability): void {
  try {
    return linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK')) throw error;
  }
  copyFileSync(draft, path, constants.COPYFILE_EXCL);
  if (durability === 'strict') syncFile(path);
}

function syncName(path: string): void {
  try {
    syncFolder(dirname(path));
  } catch (error) {
    throw ioError('sync the folder of', path, error);
  }
}
