import type { Digest } from './json.ts';

/** Time, handed in. Waits are measured by `monotonic`, records are stamped by `now`. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Milliseconds since some fixed moment, never going back. */
  monotonic(): number;
  /** Resolves after `ms`; rejects with the signal's reason as soon as it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** New names, handed in. */
export interface Ids {
  /** `job_` and 12 lower-case hex digits. */
  job(): string;
  /** A monotonic ULID, for requests, gates, patches and costs. */
  ulid(): string;
}

/** Bytes by their sha-256. A blob is written once and never changed. */
export interface BlobStore {
  put(content: string | Uint8Array): Digest;
  /** Undefined when there is no such blob. Content that does not fit its digest throws `corrupt_log`. */
  get(digest: Digest): Uint8Array | undefined;
  has(digest: Digest): boolean;
}

/** Puts `***` for every secret in what comes in, before its digest is taken or anything is made of it. */
export interface Hider {
  text(text: string): string;
  bytes(bytes: Uint8Array): Uint8Array;
  /** For text that comes in pieces: what may be the start of a secret is held back until the next piece, or the end. */
  stream(): { push(piece: string): string; end(): string };
}
