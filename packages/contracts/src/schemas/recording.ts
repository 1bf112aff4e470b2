import { z } from 'zod';
import { replyWithCalls, usage } from './cache-entry.ts';
import { count, digest, stepId } from './parts.ts';

/** `recordings/<step>.<n>.json`: a reply of an earlier run, answered again by the provider `replay`. */
export const recording = z.strictObject({
  match: z.strictObject({
    step: stepId,
    /** sha-256 of canonical `[{role, sha256}, …]`. */
    messages_sha256: digest,
    schema_sha256: digest.exactOptional(),
    tools_sha256: digest.exactOptional(),
    sample: count.exactOptional(),
  }),
  reply: z.union([z.string(), replyWithCalls]),
  finish_reason: z.string(),
  usage,
  recorded_from: z.strictObject({ provider: z.string(), model: z.string().exactOptional(), job_id: z.string() }),
});

export type Recording = z.infer<typeof recording>;
