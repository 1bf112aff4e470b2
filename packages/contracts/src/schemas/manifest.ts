import { z } from 'zod';
import { runStates, stepStates } from '../states.ts';
import { count, digest, fileRef, jobId, outputRef, runCosts, seconds, stepId, timestamp } from './parts.ts';

const stepSummary = z.strictObject({
  status: z.enum(stepStates),
  duration_s: seconds,
  /** Also those of the runs that the step began. */
  provider_calls: count,
  cache_hits: count,
  /** One that ended with a question to a person, and the one that goes on from there, count as one. */
  attempts: count,
  items: z.strictObject({ total: count, succeeded: count, failed: count, skipped: count }).exactOptional(),
  output: outputRef.nullable(),
  /** Null until prices are known. */
  cost_usd: z.number().nonnegative().nullable(),
});

/** `manifest.json`: the fold of a run's log, for people and programs that only look. */
export const manifest = z.strictObject({
  job_id: jobId,
  project: z.string(),
  task_description: z.union([z.string(), outputRef]).nullable(),
  provider: z.strictObject({ provider: z.string(), model: z.string().exactOptional() }).nullable(),
  status: z.enum(runStates),
  started_at: timestamp.nullable(),
  finished_at: timestamp.nullable(),
  duration_s: seconds,
  attempt: count,
  plan_hash: digest.nullable(),
  /** The run whose step began this one. */
  parent: z.strictObject({ job_id: jobId, step: stepId, item: z.string().exactOptional() }).exactOptional(),
  files: z.array(
    z.strictObject({ ...fileRef.shape, media_type: z.string(), step: stepId.nullable(), created_at: timestamp }),
  ),
  artifacts: z.array(z.strictObject({ digest, name: z.string(), size_bytes: count, media_type: z.string() })),
  steps: z.record(stepId, stepSummary),
  failures: z.array(
    z.strictObject({
      kind: z.string(),
      code: z.string(),
      step: stepId.nullable(),
      item: z.string().exactOptional(),
      message: z.string(),
      hint: z.string().exactOptional(),
      timestamp,
    }),
  ),
  completed_steps: z.array(stepId),
  pending_steps: z.array(stepId),
  costs: runCosts,
  /** The last place of the log that is known to be synced. */
  log: z.strictObject({ seq: count, bytes: count, sha256: digest }),
  orch_version: z.string(),
});

export type Manifest = z.infer<typeof manifest>;
export type StepSummary = z.infer<typeof stepSummary>;
