import { hash } from 'node:crypto';
import type { Digest, Json, Preimage } from '@orch/contracts';
import { canonicalJson } from './canonical-json.ts';

/** A question in all its forms: as it is, as its one text, and as the digest of that text. */
export type Question = { readonly preimage: Preimage; readonly text: string; readonly key: Digest };

/** 64 lower-case hex digits; of a string, of its UTF-8 bytes. */
export function sha256(bytes: string | Uint8Array): Digest {
  return hash('sha256', bytes);
}

/** The name of an answer: sha-256 of the canonical JSON of everything that may change it. */
export function cacheKey(preimage: Preimage): Digest {
  return sha256(canonicalJson(preimage));
}

export function toQuestion(preimage: Preimage): Question {
  const text = canonicalJson(preimage);
  return { preimage, text, key: sha256(text) };
}

/** Of a response: of its bytes when it is text, else of its canonical JSON. */
export function responseDigest(response: Json): Digest {
  return sha256(typeof response === 'string' ? response : canonicalJson(response));
}
