import type { BlobStore, Hider } from '@orch/contracts';

/** The same store; what is put into it loses its secrets before its digest is taken. */
export function hidingBlobs(blobs: BlobStore, hider: Hider): BlobStore {
  return {
    put: (content) => blobs.put(hideContent(content, hider)),
    get: (digest) => blobs.get(digest),
    has: (digest) => blobs.has(digest),
  };
}

export function hideContent(content: string | Uint8Array, hider: Hider): string | Uint8Array {
  return typeof content === 'string' ? hider.text(content) : hider.bytes(content);
}
