import { hash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { Digest } from '@orch/contracts';

/** What stands at a path: content, or in words what is there instead. */
export type FoundFile = { readonly content: Buffer; readonly found: string } | { readonly found: string };

/** Reads a file, and says by its digest what it is. Throws `io`. */
export function findFile(path: string): FoundFile {
  try {
    const content = readFileSync(path);
    return { content, found: digestWords(hash('sha256', content)) };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { found: 'no such file' };
    if (code === 'EISDIR') return { found: 'a folder' };
    throw OrchError.from(error, 'io');
  }
}

export function digestWords(digest: Digest): string {
  return `content with sha256 ${digest}`;
}
