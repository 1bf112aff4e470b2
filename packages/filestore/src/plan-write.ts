import type { Digest, WriteMode } from '@orch/contracts';
import { hash } from 'node:crypto';

/** What is on disc before a write. */
export type Existing = { readonly size: number; read(): Uint8Array };

export type WriteRequest = { readonly mode: WriteMode; readonly text: Uint8Array; readonly base: Digest | undefined };

/** The whole content that shall stand there. */
export type AllowedWrite = {
  readonly reason: 'created' | 'overwritten' | 'appended' | 'nochange';
  readonly content: Uint8Array;
};

/** What a write comes to. */
export type WritePlan = AllowedWrite | { readonly reason: 'conflict'; readonly message: string };

export function planWrite(request: WriteRequest, existing: Existing | undefined): WritePlan {
  if (request.mode === 'append') return planAppend(request, existing);
  const content = request.text;
  if (existing === undefined) return { reason: 'created', content };
  if (existing.size === content.length && equal(existing.read(), content)) return { reason: 'nochange', content };
  if (request.mode === 'overwrite') return { reason: 'overwritten', content };
  return {
    reason: 'conflict',
    message: `expected no such file, found one with other content (${existing.size} bytes)`,
  };
}

/** `base` is the digest the writer knows for the file; what stands there must be that, or that and the text already. */
function planAppend({ text, base }: WriteRequest, existing: Existing | undefined): WritePlan {
  if (existing === undefined) {
    if (base === undefined) return { reason: 'created', content: text };
    return { reason: 'conflict', message: `expected content with sha256 ${base}, found no file` };
  }
  const content = existing.read();
  const found = digestOf(content);
  if (found === base) return appended(content, text);
  const before = content.subarray(0, Math.max(0, content.length - text.length));
  const isBase = base === undefined ? before.length === 0 : digestOf(before) === base;
  if (isBase && equal(content.subarray(before.length), text)) return { reason: 'nochange', content };
  const expected = base === undefined ? 'no file that this writer did not write' : `content with sha256 ${base}`;
  return { reason: 'conflict', message: `expected ${expected}, found content with sha256 ${found}` };
}

function appended(content: Uint8Array, text: Uint8Array): WritePlan {
  if (text.length === 0) return { reason: 'nochange', content };
  return { reason: 'appended', content: Buffer.concat([content, text]) };
}

export function digestOf(content: Uint8Array): Digest {
  return hash('sha256', content);
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
