import { hash } from 'node:crypto';
import { closeSync, openSync, writeSync } from 'node:fs';
import type { EventData, EventType } from '@orch/contracts';

/** The log of a run that asked a model in each step: where it ends, as manifest.json says it, and its steps. */
export type RunLog = {
  readonly path: string;
  readonly end: { readonly seq: number; readonly bytes: number; readonly sha256: string };
  /** Called step_0, step_1 … */
  readonly steps: number;
};

const start = Date.parse('2026-01-01T00:00:00.000Z');
const flushAt = 1_000_000;
const digest = hash('sha256', 'anything');

/** Writes such a log of at least `bytes`, with answers of 500 to 8 000 characters. */
export function writeRunLog(path: string, bytes: number): RunLog {
  const file = openSync(path, 'w');
  let end = { seq: 0, bytes: 0, sha256: '0'.repeat(64) };
  let text = '';
  const push = <T extends EventType>(type: T, data: EventData[T], step?: string) => {
    const ts = new Date(start + end.seq * 7).toISOString();
    const envelope = { seq: end.seq + 1, ts, level: 'INFO', job_id: 'job_0123456789ab', type };
    const line = JSON.stringify({ ...envelope, ...(step !== undefined && { step }), data, prev: end.sha256 });
    end = { seq: end.seq + 1, bytes: end.bytes + Buffer.byteLength(line) + 1, sha256: hash('sha256', line) };
    text += `${line}\n`;
    if (text.length < flushAt) return;
    writeSync(file, text);
    text = '';
  };
  let steps = 0;
  push('job.started', jobStarted);
  while (end.bytes < bytes) {
    pushStep(push, `step_${steps}`, steps);
    steps++;
  }
  push('job.succeeded', { duration_s: 1000, artifacts: 0 });
  writeSync(file, text);
  closeSync(file);
  return { path, end, steps };
}

type Push = <T extends EventType>(type: T, data: EventData[T], step?: string) => void;

function pushStep(push: Push, step: string, number: number): void {
  const request = { request_id: `request-${number}`, provider: 'ollama', model: 'qwen2.5:7b' };
  const inline = answer(number);
  const size = Buffer.byteLength(inline);
  push('step.started', { attempt: 1, input_hash: digest, worker: 'local' }, step);
  push('cache.miss', { cache_key: digest, changed: ['inputs.messages'] }, step);
  push(
    'llm.request',
    { ...request, cache_key: digest, try: 1, options: { temperature: 0.1, max_tokens: 2000 }, prompt_tokens: 812 },
    step,
  );
  push(
    'llm.response',
    { ...request, duration_s: 3.2, success: true, finish_reason: 'stop', tokens_in: 812, tokens_out: size >> 2 },
    step,
  );
  const file = { path: `outputs/bench/${step}.md`, sha256: digest, size_bytes: size };
  push('file.written', { ...file, wrote: true, reason: 'created' }, step);
  const output = { sha256: digest, size_bytes: size, media_type: 'text/plain', inline };
  push('step.succeeded', { duration_s: 3.3, provider_calls: 1, input_hash: digest, output, files: [file] }, step);
}

const sentence = 'The function `read()` returns "undefined" when there is no such file:\n  see chapter 3, naïvely.\n';

function answer(number: number): string {
  return `${number}: ${sentence}`.repeat(5 + ((number * 37) % 70));
}

const jobStarted: EventData['job.started'] = {
  attempt: 1,
  project: 'bench',
  provider: { provider: 'ollama', model: 'qwen2.5:7b' },
  task: null,
  spec_sha256: digest,
  plan_hash: digest,
  inputs: [],
  concurrency: 4,
  orch_version: '0.0.0',
  history: {},
};
