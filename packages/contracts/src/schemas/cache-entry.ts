import { z } from 'zod';
import { count, digest, jobId, json, timestamp } from './parts.ts';

/** What a cache key is the digest of. Everything that may change an answer, nothing else. */
export const preimage = z.strictObject({
  provider: z.strictObject({
    name: z.string(),
    model: z.string(),
    opts: z.record(z.string(), json),
    service: z.string().exactOptional(),
  }),
  step: z.string(),
  inputs: z.record(z.string(), json),
  code_version: z.string().exactOptional(),
  sample: count.exactOptional(),
});

export const usage = z.strictObject({
  tokens_in: count.exactOptional(),
  tokens_out: count.exactOptional(),
  tokens_cached: count.exactOptional(),
  estimated: z.boolean().exactOptional(),
});

/** An answer that asks for tools; one that does not is its text alone. */
export const replyWithCalls = z.strictObject({
  text: z.string(),
  tool_calls: z.array(z.strictObject({ id: z.string(), name: z.string(), arguments: z.string() })),
});

/** A stored answer: written once, read only while key, preimage and digest fit. */
export const cacheEntry = z.strictObject({
  key: digest,
  preimage,
  response: json,
  finish_reason: z.string().exactOptional(),
  usage: usage.exactOptional(),
  model_reported: z.string().exactOptional(),
  /** The request that paid for it. */
  paid: z.strictObject({ job_id: jobId, request_id: z.string() }).exactOptional(),
  cached_at: timestamp,
  orch_version: z.string(),
  /** Of the response: of its UTF-8 bytes when it is text, else of its canonical JSON. */
  sha256: digest,
});

export type Preimage = z.infer<typeof preimage>;
export type CacheEntry = z.infer<typeof cacheEntry>;
