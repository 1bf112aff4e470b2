import type { Digest, WriteMode } from '@orch/contracts';
import { hash } from 'node:crypto';

/** What is on disc before a write. */
export type Existing = { readonly size: number; read(): Uint8Array; has(request: WriteRequest): boolean };

export type WriteRequest = {
  readonly mode: WriteMode;
  readonly text: Uint8Array;
  /** Of the text. */
  readonly sha256: Digest;
  readonly base: Digest | undefined;
};

/** The whole content that shall stand there. */
export type AllowedWrite = {
  readonly reason: 'created' | 'overwritten' | 'appended' | 'nochange';
  readonly content: Uint8Array;
  readonly sha256: Digest;
};

/** What a write comes to. */
export type WritePlan = AllowedWrite | { readonly reason: 'conflict'; readonly message: string };

export function planWrite(request: WriteRequest, existing: Existing | undefined): WritePlan {
  if (request.mode === 'append') return planAppend(request, existing);
  const { text: content, sha256 } = request;
  if (existing === undefined) return { reason: 'created', content, sha256 };
  if (existing.has(request)) return { reason: 'nochange', content, sha256 };
  if (request.mode === 'overwrite') return { reason: 'overwritten', content, sha256 };
  return {
    reason: 'conflict',
    message: `expected no such file, found one with other content (${existing.size} bytes)`,
  };
}

/** `base` is the digest the writer knows for the file; what stands there must be that, or that and the text already. */
function planAppend({ text, sha256, base }: WriteRequest, existing: Existing | undefined): WritePlan {
  if (existing === undefined) {
    if (base === undefined) return { reason: 'created', content: text, sha256 };
    return { reason: 'conflict', message: `expected content with sha256 ${base}, found no file` };
  }
  const content = existing.read();
  const found = digestOf(content);
  if (found === base) return appended(content, found, text);
  const before = content.subarray(0, Math.max(0, content.length - text.length));
  const isBase = base === undefined ? before.length === 0 : digestOf(before) === base;
  if (isBase && equal(content.subarray(before.length), text)) return { reason: 'nochange', content, sha256: found };
  const expected = base === undefined ? 'no file that this writer did not write' : `content with sha256 ${base}`;
  return { reason: 'conflict', message: `expected ${expected}, found content with sha256 ${found}` };
}

function appended(before: Uint8Array, sha256: Digest, text: Uint8Array): WritePlan {
  if (text.length === 0) return { reason: 'nochange', content: before, sha256 };
  const content = Buffer.concat([before, text]);
  return { reason: 'appended', content, sha256: digestOf(content) };
}

export function digestOf(content: Uint8Array): Digest {
  return hash('sha256', content);
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
