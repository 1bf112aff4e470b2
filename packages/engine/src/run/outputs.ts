import { OrchError } from '@orch/contracts';
import type { BlobStore, Json, OutputRef } from '@orch/contracts';
import { sha256 } from '@orch/cache';

const inlineLimit = 8 * 1024;
const text = 'text/plain; charset=utf-8';

/** Keeps a value as bytes by digest: text as it is, everything else as JSON. Up to 8 kB stand in the reference itself. */
export function storeOutput(value: Json, blobs: BlobStore): OutputRef {
  const isText = typeof value === 'string';
  const bytes = isText ? value : JSON.stringify(value);
  const size = Buffer.byteLength(bytes);
  const ref = { sha256: sha256(bytes), size_bytes: size, media_type: isText ? text : 'application/json' };
  if (size <= inlineLimit) return { ...ref, inline: bytes };
  blobs.put(bytes);
  return ref;
}

/** A field of an event: the value itself, or by reference when it would make the line too long. */
export function shortened<T extends Json>(value: T, blobs: BlobStore): T | OutputRef {
  const ref = storeOutput(value, blobs);
  return ref.inline === undefined ? ref : value;
}

/** The value behind a reference. A blob that is gone is `corrupt_log`, never an empty value. */
export function loadOutput(ref: OutputRef, blobs: BlobStore): Json {
  const bytes = ref.inline ?? readBlob(ref, blobs);
  return ref.media_type === 'application/json' ? (JSON.parse(bytes) as Json) : bytes;
}

function readBlob(ref: OutputRef, blobs: BlobStore): string {
  const bytes = blobs.get(ref.sha256);
  if (bytes === undefined) {
    throw new OrchError(
      'corrupt_log',
      `Expected the blob ${ref.sha256} (${ref.size_bytes} bytes) among the artifacts, it is gone.`,
      {
        hint: 'Run the step again.',
      },
    );
  }
  return Buffer.from(bytes).toString('utf8');
}
