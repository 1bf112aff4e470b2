import { toDiff } from '@orch/answers';
import type { FileDiff } from '@orch/answers';
import type { Json, StepHost } from '@orch/contracts';

/** Keeps a proposed diff among the artifacts of the run, as Git prints it; its text and what it does are the result. */
export async function keepPatch(files: readonly FileDiff[], host: StepHost): Promise<Json> {
  const diff = toDiff(files);
  const digest = host.blobs.put(diff);
  const name = `${host.item === undefined ? host.step : `${host.step}/${host.item}`}.patch`;
  await host.emit('artifact.created', { digest, name, size_bytes: Buffer.byteLength(diff), media_type: 'text/x-diff' });
  return { diff, sha256: digest, files: files.map(({ hunks: _, ...file }) => file) };
}
