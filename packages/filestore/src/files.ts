import { OrchError } from '@orch/contracts';
import type { Digest, WriteMode } from '@orch/contracts';
import { unlinkSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { carryOut } from './carry-out.ts';
import type { Durability } from './draft.ts';
import { contentAt, existingAt } from './existing.ts';
import { syncFolder } from './folder.ts';
import { ioError } from './io-error.ts';
import { KnownFiles } from './known-files.ts';
import { listFiles } from './list-files.ts';
import { createNameIndex } from './name-index.ts';
import { digestOf, planWrite } from './plan-write.ts';
import type { AllowedWrite, WritePlan, WriteRequest } from './plan-write.ts';
import { findPlace, unsafePath } from './resolve-inside.ts';
import type { Place } from './resolve-inside.ts';
import { toBytes } from './write-atomic.ts';

export type FilesOptions = {
  /** `strict` (default): on return the content survives a power cut. `relaxed`: nothing is synced. */
  readonly durability?: Durability | undefined;
  /** Told of each write after it is done, also of those that changed nothing. */
  readonly onWrite?: ((file: WrittenFile) => void) | undefined;
};

export type WriteOptions = {
  /**
   * `overwrite` (default): the file has this content afterwards. `create_new`: and it did not have another before,
   * else `conflict`. `append`: the content goes to the end of what `base` names, else `conflict`.
   */
  readonly mode?: WriteMode | undefined;
  /** For `append`: sha-256 of the content expected there; unless given, that of what this object last wrote there. */
  readonly base?: Digest | undefined;
};

/** A file after a write; digest and size are those of the whole file. */
export type WrittenFile = { readonly path: string; readonly sha256: Digest; readonly size_bytes: number } & (
  | { readonly wrote: true; readonly reason: 'created' | 'overwritten' | 'appended' }
  | { readonly wrote: false; readonly reason: 'nochange' }
);

/** Files below one root. Every method throws `unsafe_path` for a path that leaves it and `io` for what the disc refuses. */
export interface Files {
  /** Absolute. */
  readonly root: string;
  /** Whole or not at all, and nothing when the content is there already. Also throws `conflict` and `usage`. */
  write(path: string, content: string | Uint8Array, options?: WriteOptions): WrittenFile;
  /** Undefined when there is no such file. */
  read(path: string): Uint8Array | undefined;
  /** sha-256 of a file; undefined when there is none. */
  digest(path: string): Digest | undefined;
  /** Paths of all files in the order of their code units. Links are neither followed nor listed. */
  list(): string[];
  /** True when the file was there. Throws `conflict` when its content is another. */
  remove(path: string, options: { readonly ifSha256: Digest }): boolean;
}

const modes: readonly WriteMode[] = ['overwrite', 'create_new', 'append'];

/** Opens a folder for safe, atomic, idempotent writes. The first write creates it. */
export function openFiles(root: string, options: FilesOptions = {}): Files {
  return new FilesBelow(resolve(root), options);
}

class FilesBelow implements Files {
  readonly root: string;
  readonly #durability: Durability;
  readonly #onWrite: FilesOptions['onWrite'];
  readonly #names = createNameIndex();
  readonly #known = new KnownFiles();

  constructor(root: string, { durability = 'strict', onWrite }: FilesOptions) {
    this.root = root;
    this.#durability = durability;
    this.#onWrite = onWrite;
  }

  write(path: string, content: string | Uint8Array, options: WriteOptions = {}): WrittenFile {
    const mode = requireMode(options.mode ?? 'overwrite');
    const text = toBytes(content);
    const sha256 = digestOf(text);
    for (;;) {
      const place = this.#locate(path);
      this.#requireFreeNames(path, place);
      const known = this.#known.digestOf(place.target);
      const plan = this.#plan(place, { mode, text, sha256, base: options.base ?? known });
      if (plan.reason === 'conflict') throw conflict(path, mode, plan.message);
      const done = carryOut(plan, place, { mode, durability: this.#durability, settled: known === plan.sha256 });
      if (done) return this.#report(place, plan);
    }
  }

  read(path: string): Uint8Array | undefined {
    return contentAt(this.#locate(path));
  }

  digest(path: string): Digest | undefined {
    const content = this.read(path);
    return content && digestOf(content);
  }

  list(): string[] {
    return listFiles(this.root);
  }

  remove(path: string, { ifSha256 }: { readonly ifSha256: Digest }): boolean {
    const place = this.#locate(path);
    const content = contentAt(place);
    if (content === undefined) return false;
    const found = digestOf(content);
    if (found !== ifSha256) throw conflict(path, 'remove', `expected sha256 ${ifSha256}, found ${found}`);
    removeFile(place.target, this.#durability);
    this.#known.forget(place.target);
    for (const step of place.steps.slice(-1)) this.#names.release(step);
    return true;
  }

  #locate(path: string): Place {
    const place = findPlace(this.root, path);
    if (!place.ok) throw place.error;
    return place.value;
  }

  #requireFreeNames(path: string, place: Place): void {
    for (const step of place.steps) {
      const other = this.#names.findClash(step);
      if (other === undefined) continue;
      const why = `"${step.name}" differs only in case or Unicode form from "${other}", which is there already`;
      throw unsafePath(path, this.root, why);
    }
  }

  #plan(place: Place, request: WriteRequest): WritePlan {
    try {
      return planWrite(request, existingAt(place, this.#known));
    } catch (error) {
      throw ioError('read', place.target, error);
    }
  }

  #report({ target, steps }: Place, { reason, content, sha256 }: AllowedWrite): WrittenFile {
    const noted = reason === 'nochange' && this.#known.digestOf(target) === sha256;
    if (!noted) this.#known.wrote(target, sha256, content.length);
    for (const step of steps) this.#names.claim(step);
    const facts = { path: steps.map((step) => step.name).join('/'), sha256, size_bytes: content.length };
    const file: WrittenFile =
      reason === 'nochange' ? { ...facts, wrote: false, reason } : { ...facts, wrote: true, reason };
    this.#onWrite?.(file);
    return file;
  }
}

function requireMode(mode: WriteMode): WriteMode {
  if (modes.includes(mode)) return mode;
  throw new OrchError('usage', `expected a write mode (${modes.join(', ')}), got ${JSON.stringify(mode)}`);
}

function conflict(path: string, doing: string, message: string): OrchError {
  return new OrchError('conflict', `cannot ${doing} ${path}: ${message}`, {
    hint: 'Somebody else changed the file: look at it, then move it away or choose another path.',
    details: { path },
  });
}

function removeFile(path: string, durability: Durability): void {
  try {
    unlinkSync(path);
    if (durability === 'strict') syncFolder(dirname(path));
  } catch (error) {
    throw ioError('remove', path, error);
  }
}
