import { randomBytes } from 'node:crypto';
import { createWriteStream, linkSync, lstatSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { OrchError } from '@orch/contracts';
import { formOfName } from './archive-form.ts';

export type DraftOptions = {
  /** Replace a file that is there. */
  readonly force?: boolean | undefined;
};

/** An archive that is written beside its place, and put there when it is whole. */
export type ArchiveDraft = {
  /** Compresses and writes a tar, synced when it resolves. */
  fill(tar: ReadableStream<Uint8Array>, signal?: AbortSignal): Promise<void>;
  /** Puts it into its place; returns its size in bytes. */
  keep(): number;
  /** Removes it, unless it was kept. */
  drop(): void;
};

/** Throws `usage` for a name that says no form, and for a place that is taken. */
export function draftArchive(file: string, { force = false }: DraftOptions): ArchiveDraft {
  const form = formOfName(file);
  refuseTaken(file, force);
  const draft = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}.tmp`);
  return {
    async fill(tar, signal) {
      const sink = createWriteStream(draft, { flags: 'wx', flush: true });
      await pipeline(Readable.fromWeb(tar as never), form.compress(), sink, { signal });
    },
    keep() {
      const { size } = statSync(draft);
      refuseTaken(file, force);
      if (force) renameSync(draft, file);
      else linkOrRename(draft, file);
      return size;
    },
    drop: () => rmSync(draft, { force: true }),
  };
}

function refuseTaken(file: string, force: boolean): void {
  const stats = lstatSync(file, { throwIfNoEntry: false });
  if (stats === undefined || (force && stats.isFile())) return;
  const hint = stats.isFile() ? 'Add --force to replace it.' : undefined;
  throw new OrchError('usage', `Expected nothing at ${file}, something is there.`, { hint });
}

/** A link does not replace what came up meanwhile. Discs without links get the next best. */
function linkOrRename(draft: string, file: string): void {
  try {
    linkSync(draft, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') throw error;
    renameSync(draft, file);
  }
}
