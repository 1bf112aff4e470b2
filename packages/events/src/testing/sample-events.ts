import type { Digest, EventData, EventType, OrchEvent } from '@orch/contracts';
import { checkEvent } from '@orch/contracts/schemas';

export const jobId = 'job_0123456789ab';
export const a: Digest = 'a'.repeat(64);
export const b: Digest = 'b'.repeat(64);

type Where = { step?: string; item?: string; at?: number };

/** Makes events one second apart, each checked by its schema. */
export function eventMaker() {
  let seq = 0;
  return <T extends EventType>(type: T, data: EventData[T], { at, ...where }: Where = {}): OrchEvent => {
    checkEvent(type, data);
    seq += 1;
    const ts = new Date(Date.UTC(2026, 0, 1) + 1_000 * (at ?? seq)).toISOString();
    return { seq, ts, level: 'INFO', job_id: jobId, type, ...where, data, prev: a } as unknown as OrchEvent;
  };
}

export function jobStarted(attempt = 1): EventData['job.started'] {
  const plan = { spec_sha256: a, plan_hash: b, inputs: [], concurrency: 4, orch_version: '1.0.0', history: {} };
  return { attempt, project: 'notes', provider: { provider: 'echo' }, task: 'Write notes', ...plan };
}

export function start(attempt = 1, input_hash = a): EventData['step.started'] {
  return { attempt, input_hash, worker: 'slot-1' };
}

export function output(sha256 = a) {
  return { sha256, size_bytes: 2, media_type: 'text/plain', inline: 'hi' };
}

export function success(sha256 = a, input_hash = a): EventData['step.succeeded'] {
  return { duration_s: 0.5, provider_calls: 1, input_hash, output: output(sha256), files: [] };
}

export const failure = { kind: 'timeout', code: 'timeout', message: 'too late' } as const;

export const end = { duration_s: 9, artifacts: 0 };

/** A request and its answer share this. */
const exchange = { request_id: 'r', provider: 'echo', model: 'm' };

export function request(id = 'r'): EventData['llm.request'] {
  return { ...exchange, request_id: id, cache_key: a, try: 1, options: {}, prompt_tokens: 7 };
}

export function response(id = 'r'): EventData['llm.response'] {
  return { ...exchange, request_id: id, duration_s: 1, success: true, tokens_in: 7, tokens_out: 3 };
}
