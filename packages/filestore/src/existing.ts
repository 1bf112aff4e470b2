import { OrchError } from '@orch/contracts';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import { hasCode, ioError } from './io-error.ts';
import type { Existing } from './plan-write.ts';
import type { Place } from './resolve-inside.ts';

/** The file at a place, unread; `conflict` when something else than a file stands there. */
export function existingAt({ target, stats }: Place): Existing | undefined {
  if (stats === undefined) return undefined;
  if (!stats.isFile()) {
    const found = stats.isDirectory() ? 'a folder' : 'something that is neither a file nor a folder';
    throw new OrchError('conflict', `expected a file at ${target}, found ${found}`, {
      hint: 'Choose another path, or move away what is there.',
    });
  }
  return { size: stats.size, read: () => readWhole(target, stats.size) };
}

/** The content at a place; undefined when nothing is there. */
export function contentAt(place: Place): Uint8Array | undefined {
  try {
    return existingAt(place)?.read();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw ioError('read', place.target, error);
  }
}

/** One read for a file of the expected size. Fails on a link: what was looked up was a file. */
function readWhole(path: string, size: number): Uint8Array {
  const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  try {
    const content = Buffer.allocUnsafe(size + 1);
    const length = readSync(file, content, 0, size + 1, 0);
    return length === size ? content.subarray(0, size) : readFileSync(file);
  } finally {
    closeSync(file);
  }
}
