import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, openSync, rmSync, writeSync } from 'node:fs';
import { dirname, sep } from 'node:path';
import { makeFolder } from './folder.ts';
import { hasCode, ioError } from './io-error.ts';

/** `strict`: on return the content survives a power cut. `relaxed`: it survives the end of this process. */
export type Durability = 'strict' | 'relaxed';

export type DraftOptions = {
  readonly durability: Durability;
  /** Permission bits, less those of the umask. */
  readonly mode: number;
};

export const draftPattern = /^\.orch-[0-9a-f]{12}-[0-9a-z]+\.tmp$/;

/** Bytes, or texts one after the other that need not be in memory at once. */
export type Content = Uint8Array | Iterable<string>;

/** Characters. */
const pieceLength = 256 * 1024;

const prefix = `.orch-${randomBytes(6).toString('hex')}-`;
let drafts = 0;

/** Writes content under a passing name in the folder of `path`, creating that folder; on failure nothing stays. */
export function writeDraft(path: string, content: Content, options: DraftOptions): string {
  const draft = `${dirname(path)}${sep}${prefix}${(drafts++).toString(36)}.tmp`;
  try {
    const file = openDraft(draft, options);
    fill(file, draft, content, options.durability);
    return draft;
  } catch (error) {
    throw ioError('write', path, error);
  }
}

function openDraft(draft: string, { durability, mode }: DraftOptions): number {
  try {
    return openSync(draft, 'wx', mode);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
  makeFolder(dirname(draft), durability);
  return openSync(draft, 'wx', mode);
}

function fill(file: number, draft: string, content: Content, durability: Durability): void {
  let whole = false;
  try {
    try {
      for (const piece of piecesOf(content)) writeFully(file, piece);
      if (durability === 'strict') fsyncSync(file);
    } finally {
      closeSync(file);
    }
    whole = true;
  } finally {
    if (!whole) rmSync(draft, { force: true });
  }
}

/** Texts are joined to pieces of some size: a call for each would cost more than the writing. */
function* piecesOf(content: Content): Iterable<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content;
    return;
  }
  let text = '';
  for (const part of content) {
    text += part;
    if (text.length < pieceLength) continue;
    yield Buffer.from(text);
    text = '';
  }
  yield Buffer.from(text);
}

/** A full disc shows as a short write first, and as an error only when the rest is tried. */
function writeFully(file: number, content: Uint8Array): void {
  for (let done = 0; done < content.length;) {
    done += writeSync(file, content, done, content.length - done);
  }
}
