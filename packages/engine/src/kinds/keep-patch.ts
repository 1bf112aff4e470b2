import { toDiff } from '@orch/answers';
import type { FileDiff } from '@orch/answers';
import type { Json, StepHost } from '@orch/contracts';
import { keepText } from './keep-text.ts';

/** Keeps a proposed diff among the artifacts of the run, as Git prints it; its text and what it does are the result. */
export async function keepPatch(files: readonly FileDiff[], host: StepHost): Promise<Json> {
  const diff = toDiff(files);
  const digest = await keepText(diff, { ending: '.patch', mediaType: 'text/x-diff' }, host);
  return { diff, sha256: digest, files: files.map(({ hunks: _, ...file }) => file) };
}
