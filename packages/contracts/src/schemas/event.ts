import { z } from 'zod';
import { errorCodes } from '../error-codes.ts';
import type { ErrorCode, ErrorKind } from '../error-codes.ts';
import { count, digest, fileRef, jobId, json, outputRef, runCosts, seconds, stepId, timestamp } from './parts.ts';

const errorCode = z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]);
const errorKind = z.enum(['timeout', 'validation', 'tool', 'provider', 'internal']) satisfies z.ZodType<ErrorKind>;
const failure = { kind: errorKind, code: errorCode, message: z.string(), hint: z.string().exactOptional() };
const jobEnd = { duration_s: seconds, artifacts: count };
const asked = z.strictObject({ provider: z.string(), model: z.string().exactOptional() });
const requested = { request_id: z.string(), provider: z.string(), model: z.string() };
/** Asked of a person; an answer counts only for the inputs that were asked about. */
const question = {
  question: z.string(),
  input_hash: digest,
  /** The answers there are; any unless given. */
  options: z.array(z.string()).exactOptional(),
  /** From then on nobody's answer counts. */
  expires_at: timestamp.exactOptional(),
};
/** The ulid of the inbox file that asked for it. */
const request = { request: z.string().exactOptional() };
/** A step or item that stays succeeded with what it made at `from_seq`. */
const reused = z.strictObject({
  step: stepId,
  item: z.string().exactOptional(),
  input_hash: digest,
  from_seq: z.int().positive(),
});
const gate = { gate_id: z.string(), gate_type: z.string() };
const circuit = { provider: z.string(), model: z.string().exactOptional() };

/** What a gate's command reported, and how it was decided. */
export const gateResults = z.strictObject({
  exit_code: z.int().nullable(),
  tests: count,
  passed: count,
  failed: count,
  skipped: count,
  failures: z.array(z.strictObject({ name: z.string(), message: z.string() })),
  source: z.string().exactOptional(),
});

/** What was said beside the job: a run goes on with it. */
const given = z.strictObject({
  /** Names of variables; the plan has their values. */
  vars: z.array(z.string()).exactOptional(),
  /** Who answers, over what the job says: `name` or `name:model`. */
  provider: z.string().exactOptional(),
  only: stepId.exactOptional(),
  /** At most so many items of each fan-out. */
  limit: z.int().positive().exactOptional(),
  /** Nobody is called. */
  frozen: z.literal(true).exactOptional(),
});

/** `data` of every type of event, closed. The words of `run-folder.md`. */
export const eventData = {
  'job.started': z.strictObject({
    attempt: z.int().positive(),
    project: z.string(),
    provider: asked.nullable(),
    /** By reference when it is longer than 8 kB, and so `inputs` when there are many. */
    task: z.union([z.string(), outputRef]).nullable(),
    spec_sha256: digest,
    plan_hash: digest,
    inputs: z.union([z.array(z.strictObject({ path: z.string(), sha256: digest })), outputRef]),
    concurrency: z.int().positive(),
    orch_version: z.string(),
    /** Of a run that a step of another run began. */
    parent: z.strictObject({ job_id: jobId, step: stepId, item: z.string().exactOptional() }).exactOptional(),
    given: given.exactOptional(),
    history: z.record(z.string(), json),
  }),
  'job.succeeded': z.strictObject(jobEnd),
  'job.failed': z.strictObject({ ...jobEnd, error: z.strictObject(failure) }),
  'job.canceled': z.strictObject({ ...jobEnd, reason: z.string(), ...request }),
  'job.waiting': z.strictObject({ ...jobEnd, waiting_for: z.array(z.string()) }),
  'job.paused': z.strictObject({ ...jobEnd, reason: z.enum(['interrupted', 'budget', 'user']) }),
  /** Steps that a step returned, compiled: a list of `PlanStep`, and the hash of the plan with them. */
  'plan.extended': z.strictObject({ by: stepId, input_hash: digest, steps: outputRef, count, plan_hash: digest }),
  /** A run of its own that a step began or goes on with; told again with `costs`, what that run has spent so far, at its end. */
  'job.linked': z.strictObject({ job_id: jobId, input_hash: digest, costs: runCosts.exactOptional() }),
  'step.expanded': z.strictObject({ sha256: digest, count }),
  'step.started': z.strictObject({
    attempt: z.int().positive(),
    input_hash: digest,
    worker: z.string(),
    candidate: asked.exactOptional(),
  }),
  'step.succeeded': z.strictObject({
    duration_s: seconds,
    provider_calls: count,
    input_hash: digest,
    output: outputRef,
    files: z.union([z.array(fileRef), outputRef]),
    /** What else templates may read of the step: a JSON object, kept like an output. */
    extra: outputRef.exactOptional(),
    tokens_in: count.exactOptional(),
    tokens_out: count.exactOptional(),
  }),
  'step.failed': z.strictObject({
    ...failure,
    attempt: count,
    /** What else templates may read of the step: a JSON object, kept like an output. */
    extra: outputRef.exactOptional(),
    will_retry: z.boolean().exactOptional(),
    next_attempt_at: timestamp.exactOptional(),
  }),
  'step.skipped': z.discriminatedUnion('reason', [
    z.strictObject({ reason: z.enum(['condition', 'dependency_failed', 'dependency_skipped', 'job_failed']) }),
    z.strictObject({ reason: z.literal('resume'), reused: z.array(reused) }),
  ]),
  'step.waiting': z.strictObject(question),
  'step.canceled': z.strictObject({ reason: z.string() }),
  'process.started': z.strictObject({ pid: z.int(), pgid: z.int(), started_at: timestamp }),
  'llm.request': z.strictObject({
    ...requested,
    cache_key: digest,
    try: z.int().positive(),
    options: z.record(z.string(), json),
    prompt_tokens: count,
  }),
  'llm.response': z.strictObject({
    ...requested,
    duration_s: seconds,
    success: z.boolean(),
    finish_reason: z.string().exactOptional(),
    tokens_in: count.exactOptional(),
    tokens_out: count.exactOptional(),
    tokens_cached: count.exactOptional(),
    /** The server did not count: these were counted from the length of the texts. */
    estimated: z.boolean().exactOptional(),
    error: z.strictObject(failure).exactOptional(),
    /** Found in the cache when the run was resumed: the process died before it could log the answer. */
    recovered: z.boolean().exactOptional(),
  }),
  'cache.hit': z.strictObject({ cache_key: digest, source: z.enum(['run', 'shared', 'in_flight']) }),
  'cache.miss': z.strictObject({ cache_key: digest, changed: z.array(z.string()) }),
  'reply.rejected': z.strictObject({ cache_key: digest, by: z.string(), reason: z.string() }),
  'file.written': z.strictObject({
    ...fileRef.shape,
    wrote: z.boolean(),
    reason: z.enum(['created', 'overwritten', 'appended', 'nochange']),
  }),
  'artifact.created': z.strictObject({ digest, name: z.string(), size_bytes: count, media_type: z.string() }),
  'circuit.opened': z.strictObject({ ...circuit, cooldown_s: seconds }),
  'circuit.half_open': z.strictObject(circuit),
  'circuit.closed': z.strictObject(circuit),
  'provider.throttled': z.strictObject({
    ...circuit,
    wait_s: seconds,
    limit: z.enum(['requests', 'tokens', 'parallel', 'retry_after']),
  }),
  'provider.warned': z.strictObject({ ...circuit, message: z.string() }),
  'tool.called': z.strictObject({ call: z.string(), name: z.string(), args_sha256: digest }),
  'tool.returned': z.strictObject({ call: z.string(), output: outputRef, is_error: z.boolean().exactOptional() }),
  'gate.started': z.strictObject(gate),
  'gate.passed': z.strictObject({ ...gate, results: gateResults, decision: z.string() }),
  'gate.failed': z.strictObject({ ...gate, results: gateResults, decision: z.string() }),
  'gate.error': z.strictObject({ ...gate, results: gateResults, decision: z.string() }),
  'approval.requested': z.strictObject(question),
  'approval.granted': z.strictObject({ ...question, answer: json.exactOptional(), by: z.string(), ...request }),
  'approval.rejected': z.strictObject({ ...question, answer: json.exactOptional(), by: z.string(), ...request }),
  'log.recovered': z.strictObject({ bytes: count, seq: count }),
} as const;

export const level = z.enum(['INFO', 'WARN', 'ERROR']);

/** The envelope of a line of `events.jsonl`; readers leave `data` of unknown types alone. */
export const eventEnvelope = z.object({
  seq: z.int().positive(),
  ts: timestamp,
  level,
  job_id: jobId,
  type: z.string(),
  step: stepId.exactOptional(),
  item: z.string().exactOptional(),
  data: z.record(z.string(), json).exactOptional(),
  prev: digest,
});

export type GateResults = z.infer<typeof gateResults>;
export type Level = z.infer<typeof level>;
export type EventData = { [T in keyof typeof eventData]: z.infer<(typeof eventData)[T]> };
