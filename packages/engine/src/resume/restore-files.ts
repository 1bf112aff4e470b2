import type { FileRef } from '@orch/contracts';
import { belowOutputs, goneBlob } from './reuse.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunContext } from '../run/run-context.ts';

/** A file as a reused step left it. */
export type Restore = { readonly file: FileRef; readonly where: StepPlace };

/**
 * Puts back the files of the steps that were reused so far. Before a step starts, so that it finds what its needs left;
 * a file that several of them wrote only as the last of them left it.
 */
export function restoreFiles(run: RunContext): void {
  for (const [path, restore] of run.restores) {
    run.restores.delete(path);
    restoreFile(run, restore);
  }
}

function restoreFile(run: RunContext, { file, where }: Restore): void {
  const path = belowOutputs(run, file.path);
  if (run.files.digest(path) === file.sha256) return;
  const content = run.blobs.get(file.sha256);
  if (content === undefined) throw goneBlob(file.path, file.sha256, where.step);
  const { wrote, reason } = run.files.write(path, content);
  run.journal.push('file.written', { ...file, wrote, reason }, where);
}
