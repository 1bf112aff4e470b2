import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { BlobStore, Digest, FileRef, Hider, StepHost } from '@orch/contracts';
import { FakeClock } from './fake-clock.ts';

/** What a step kind did to its host. */
export type FakeHost = {
  readonly host: StepHost;
  /** Files that it wrote, by path; they are nowhere else. */
  readonly written: Map<string, string>;
  readonly emitted: string[];
};

/** The host of one attempt of a step `a`, its folders below `root`. Models answer "answer", jobs have no outputs. */
export function fakeHost(root: string, more: Partial<StepHost> = {}): FakeHost {
  const dirs = { job: join(root, 'job'), run: join(root, 'run'), outputs: join(root, 'run', 'outputs') };
  for (const dir of Object.values(dirs)) mkdirSync(dir, { recursive: true });
  const written = new Map<string, string>();
  const emitted: string[] = [];
  const host: StepHost = {
    step: 'a',
    item: undefined,
    attempt: 1,
    key: digestOf('key'),
    signal: new AbortController().signal,
    writes: [],
    clock: new FakeClock(),
    blobs: memoryBlobs(),
    scope: {
      vars: {},
      steps: {},
      run: { id: 'job_0123456789ab', dir: dirs.run, outputs: dirs.outputs },
      job: { dir: dirs.job },
      now: '2026-01-01T00:00:00.000Z',
    },
    dirs,
    commandEnv: { PATH: process.env['PATH'] ?? '' },
    approval: undefined,
    emit: async (type) => void emitted.push(type),
    runJob: async () => ({ status: 'succeeded', jobId: 'job_ba9876543210', dir: root, outputs: {} }),
    ask: async () => ({
      ok: true,
      value: { reply: { text: 'answer', finishReason: 'stop', usage: {} }, key: digestOf('answer') },
    }),
    tools: { list: async () => [] },
    callTool: async ({ name }) => ({ ok: true, value: { text: name, isError: false } }),
    reject: async () => undefined,
    async write(path, content) {
      const text = typeof content === 'string' ? content : Buffer.from(content).toString();
      written.set(path, text);
      const file: FileRef = { path, sha256: digestOf(text), size_bytes: Buffer.byteLength(text) };
      return { ok: true, value: file };
    },
    log: () => undefined,
    hider: { text: (text) => text, bytes: (bytes) => bytes, stream: plainStream },
    secret(name) {
      throw new OrchError('usage', `Expected a secret that the job names, got ${name}.`);
    },
    ...more,
  };
  return { host, written, emitted };
}

/** Hides nothing. */
function plainStream(): ReturnType<Hider['stream']> {
  return { push: (piece) => piece, end: () => '' };
}

function memoryBlobs(): BlobStore {
  const blobs = new Map<Digest, Uint8Array>();
  return {
    put(content) {
      const digest = digestOf(content);
      blobs.set(digest, Buffer.from(content));
      return digest;
    },
    get: (digest) => blobs.get(digest),
    has: (digest) => blobs.has(digest),
  };
}

function digestOf(content: string | Uint8Array): Digest {
  return createHash('sha256').update(content).digest('hex');
}
