import { OrchError } from '@orch/contracts';
import { closeSync, constants, openSync, readFileSync, readSync } from 'node:fs';
import type { Stats } from 'node:fs';
import { hasCode, ioError } from './io-error.ts';
import type { KnownFiles } from './known-files.ts';
import { equal } from './plan-write.ts';
import type { Existing, WriteRequest } from './plan-write.ts';
import type { Place } from './resolve-inside.ts';

/** The file at a place, unread; `conflict` when something else than a file stands there. */
export function existingAt({ target, stats }: Place, known: KnownFiles): Existing | undefined {
  if (stats === undefined) return undefined;
  requireFile(target, stats);
  return {
    size: stats.size,
    read: () => readWhole(target, stats.size),
    has: (request) => hasContent({ target, stats }, request, known),
  };
}

/** The content at a place; undefined when nothing is there. */
export function contentAt({ target, stats }: Place): Uint8Array | undefined {
  if (stats === undefined) return undefined;
  requireFile(target, stats);
  try {
    return readWhole(target, stats.size);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw ioError('read', target, error);
  }
}

function requireFile(target: string, stats: Stats): void {
  if (stats.isFile()) return;
  const found = stats.isDirectory() ? 'a folder' : 'something that is neither a file nor a folder';
  throw new OrchError('conflict', `expected a file at ${target}, found ${found}`, {
    hint: 'Choose another path, or move away what is there.',
  });
}

type FilePlace = { readonly target: string; readonly stats: Stats };

/** Reads only when what is known does not tell. To overwrite, nearly certain is enough: it is overwritten either way. */
function hasContent({ target, stats }: FilePlace, { mode, text, sha256 }: WriteRequest, known: KnownFiles): boolean {
  if (stats.size !== text.length) return false;
  if (known.has(target, sha256, stats)) return true;
  if (mode === 'overwrite' && known.hasOther(target, sha256, stats)) return false;
  const asOf = Date.now();
  if (!equal(readWhole(target, stats.size), text)) return false;
  known.found(target, sha256, { asOf, stats });
  return true;
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
