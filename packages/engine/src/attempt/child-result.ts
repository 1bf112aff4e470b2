import { basename, join, relative } from 'node:path';
import type { BlobStore, FileRef, Json, Result, SubRunEnd } from '@orch/contracts';
import { foldLog } from '@orch/events';
import type { RunView, StepView } from '@orch/events';
import { openBlobs } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { loadOutput } from '../run/outputs.ts';
import { goneBlob } from '../resume/reuse.ts';

/** Writes a file among those of the step that began a run; its path is the one below the outputs of that run. */
export type TakeFile = (path: string, content: Uint8Array) => Promise<Result<FileRef>>;

/** What a run that succeeded gives to the step that began it: the outputs of its steps, and the files that they wrote. */
export async function resultOf(paths: RunPaths, take: TakeFile, step: string): Promise<SubRunEnd> {
  const { state } = foldLog(paths.events);
  const blobs = openBlobs(paths.artifacts);
  const outputs = paths.outputs(state.project);
  for (const file of state.files.values()) {
    const content = blobs.get(file.sha256);
    if (content === undefined) throw goneBlob(file.path, file.sha256, step);
    const taken = await take(relative(outputs, join(paths.dir, file.path)), content);
    if (!taken.ok) return { status: 'failed', error: taken.error };
  }
  return { status: 'succeeded', jobId: basename(paths.dir), dir: paths.dir, outputs: outputsOf(state, blobs) };
}

/** What its steps came to; null for those that did not succeed. */
function outputsOf({ steps }: RunView, blobs: BlobStore): Record<string, Json> {
  return Object.fromEntries([...steps].map(([id, step]) => [id, outputOf(step, blobs)]));
}

function outputOf({ status, success }: StepView, blobs: BlobStore): Json {
  return status === 'succeeded' && success !== undefined ? loadOutput(success.data.output, blobs) : null;
}
