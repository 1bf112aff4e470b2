import { OrchError } from '@orch/contracts';
import type { BlobStore, Digest } from '@orch/contracts';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Durability } from './draft.ts';
import { hasCode, ioError } from './io-error.ts';
import { digestOf } from './plan-write.ts';
import { digestOfText } from './text-digest.ts';
import { writeAtomic } from './write-atomic.ts';

export type BlobsOptions = {
  /** `strict` (default): on return a blob survives a power cut. `relaxed`: nothing is synced. */
  readonly durability?: Durability | undefined;
};

const digestForm = /^[0-9a-f]{64}$/;

/**
 * Bytes by their sha-256 in `<dir>/<first 2 hex>/<64 hex>`, read-only files that are written once. What is read is
 * checked against its digest: `corrupt_log` if it does not fit.
 */
export function openBlobs(dir: string, options: BlobsOptions = {}): BlobStore {
  const { durability = 'strict' } = options;
  const pathOf = (digest: Digest) => join(dir, digest.slice(0, 2), digest);
  const has = (digest: Digest) => digestForm.test(digest) && existsSync(pathOf(digest));
  return {
    has,
    put(content) {
      const digest = typeof content === 'string' ? digestOfText(content) : digestOf(content);
      if (!has(digest)) writeAtomic(pathOf(digest), content, { durability, mode: 0o444 });
      return digest;
    },
    get(digest) {
      const content = digestForm.test(digest) ? readBlob(pathOf(digest)) : undefined;
      if (content !== undefined) requireFit(content, digest, pathOf(digest));
      return content;
    },
  };
}

function readBlob(path: string): Uint8Array | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw ioError('read', path, error);
  }
}

function requireFit(content: Uint8Array, digest: Digest, path: string): void {
  const found = digestOf(content);
  if (found === digest) return;
  throw new OrchError('corrupt_log', `expected content with sha256 ${digest} in ${path}, found ${found}`, {
    hint: 'The file was damaged: restore it from a copy of the run, or run the step that made it again with --from.',
    details: { path },
  });
}
