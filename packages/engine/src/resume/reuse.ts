import { join, relative } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { BlobStore, Digest, EventData, FileRef, OutputRef, Where } from '@orch/contracts';
import type { RunView, Success } from '@orch/events';
import { loadOutput } from '../run/outputs.ts';
import { unitAt } from '../graph/unit.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { Settled } from '../run/results.ts';
import type { RunContext } from '../run/run-context.ts';

/** The last success of a step or item, when it had these inputs. */
export function successWith(state: RunView, where: Where, inputHash: Digest): Success | undefined {
  const success = unitAt(state, where)?.success;
  return success?.data.input_hash === inputHash ? success : undefined;
}

/**
 * What a step or item made of the same inputs in an earlier attempt of this run; undefined when it has to run. Its files
 * are put back before anything starts. Throws `corrupt_log` when that is no longer there.
 */
export function reuse(run: RunContext, where: StepPlace, inputHash: Digest): Settled | undefined {
  const success = run.anew.has(where.step) ? undefined : successWith(run.journal.state, where, inputHash);
  if (success === undefined) return undefined;
  const settled = settledOf(success.data, run.blobs);
  requireOutput(where, settled.output, run.blobs);
  for (const file of settled.files) {
    requireFile(run, file, where);
    run.restores.set(file.path, { file, where });
  }
  noteReuse(run, where, success);
  return settled;
}

/** Puts into the log that a step or item stays as it was. */
export function noteReuse(run: RunContext, { step, item }: StepPlace, { seq, data }: Success): void {
  run.journal.reuse({ step, ...(item !== undefined && { item }), input_hash: data.input_hash, from_seq: seq });
}

/** A success as the log told it, by reference. */
export function settledOf({ output, files, extra }: EventData['step.succeeded'], blobs: BlobStore): Settled {
  const listed = 'sha256' in files ? (loadOutput(files, blobs) as readonly FileRef[]) : files;
  return { status: 'succeeded', output, files: listed, extra };
}

/** Throws `corrupt_log` unless what a step made is still there. */
export function requireOutput({ step = '', item }: Where, { sha256, inline }: OutputRef, blobs: BlobStore): void {
  if (inline !== undefined || blobs.has(sha256)) return;
  const what = item === undefined ? `step ${step}` : `${item} of step ${step}`;
  throw goneBlob(`the output of ${what}`, sha256, step);
}

function requireFile(run: RunContext, { path, sha256 }: FileRef, { step }: StepPlace): void {
  if (run.blobs.has(sha256)) return;
  if (run.files.digest(belowOutputs(run, path)) !== sha256) throw goneBlob(path, sha256, step);
}

/** The path of a file of the run, as the folder of outputs has it. */
export function belowOutputs({ outputs, paths }: Pick<RunContext, 'outputs' | 'paths'>, path: string): string {
  return relative(outputs, join(paths.dir, path));
}

/** A value that is gone is never an empty one. */
export function goneBlob(what: string, digest: Digest, step: string): OrchError {
  return new OrchError('corrupt_log', `Expected ${what} among the artifacts as blob ${digest}, it is gone.`, {
    hint: `Bring it back, or make it anew: --from ${step}`,
    details: { digest, step },
  });
}
