import type { Digest, StepHost } from '@orch/contracts';

type Kept = { readonly ending: string; readonly mediaType: string };

/** Keeps a text among the artifacts of the run, under the name of the step or item that it comes from. */
export async function keepText(text: string, { ending, mediaType }: Kept, host: StepHost): Promise<Digest> {
  const digest = host.blobs.put(text);
  const name = `${host.item === undefined ? host.step : `${host.step}/${host.item}`}${ending}`;
  await host.emit('artifact.created', { digest, name, size_bytes: Buffer.byteLength(text), media_type: mediaType });
  return digest;
}
