import { closeSync, openSync, readSync } from 'node:fs';
import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { OrchError } from '@orch/contracts';
import { requireWholeZstd } from './whole-zstd.ts';

/** How the archive of a run is compressed. */
export type ArchiveForm = {
  readonly compress: () => Transform;
  /** One after the other. They fail when what they are given is cut off. */
  readonly decompress: () => readonly Transform[];
};

const gzip: ArchiveForm = { compress: () => zlib.createGzip(), decompress: () => [zlib.createGunzip()] };

const zstd: ArchiveForm = {
  compress: () => withZstd(zlib.createZstdCompress),
  decompress: () => [requireWholeZstd(), withZstd(zlib.createZstdDecompress)],
};

/** By the name of a file to be written. */
export function formOfName(name: string): ArchiveForm {
  if (/\.(tar\.gz|tgz)$/i.test(name)) return gzip;
  if (/\.tar\.zst$/i.test(name)) return zstd;
  throw new OrchError('usage', `Expected a file that ends in .tar.gz or .tar.zst, got ${name}.`);
}

/** By how a file begins: https://www.rfc-editor.org/rfc/rfc1952#page-6, https://www.rfc-editor.org/rfc/rfc8878#name-zstandard-frames */
export function formOfFile(path: string): ArchiveForm {
  const start = readStart(path);
  if (start.startsWith('1f8b')) return gzip;
  if (start === '28b52ffd') return zstd;
  throw new OrchError('usage', `Expected ${path} to be a .tar.gz or .tar.zst, it is neither.`, {
    hint: 'Make one with: orch export JOB -o run.tar.gz',
  });
}

function readStart(path: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const start = Buffer.alloc(4);
      return start.subarray(0, readSync(file, start)).toString('hex');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw OrchError.from(error, 'io');
    throw new OrchError('not_found', `Expected an archive at ${path}, there is none.`, { cause: error });
  }
}

function withZstd(create: (() => Transform) | undefined): Transform {
  if (create !== undefined) return create();
  throw new OrchError('usage', `Expected a Node that knows zstd (22.15 or 23.8), this is ${process.version}.`, {
    hint: 'Use .tar.gz instead.',
  });
}
