import { z } from 'zod';
import type { Json } from '../json.ts';

export const digest = z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 lower-case hex digits');
export const count = z.int().nonnegative();
export const seconds = z.number().nonnegative();
export const timestamp = z.iso.datetime({ precision: 3 });
export const jobId = z.string().regex(/^job_[0-9a-f]{12}$/, 'expected job_ and 12 lower-case hex digits');
export const stepId = z.string().regex(/^[a-z][a-z0-9_-]{0,63}$/, 'expected a step id such as build_docs');
export const json: z.ZodType<Json> = z.json();

/** Bytes by digest; `inline` holds exactly those bytes when they are text of up to 8 kB. */
export const outputRef = z.strictObject({
  sha256: digest,
  size_bytes: count,
  media_type: z.string(),
  inline: z.string().exactOptional(),
});

/** A file that a run wrote, its path relative to the run's folder. */
export const fileRef = z.strictObject({ path: z.string(), sha256: digest, size_bytes: count });

/** What a run has spent over all its attempts, with the runs that its steps began. */
export const runCosts = z.strictObject({
  tokens_in: count,
  tokens_out: count,
  provider_calls: count,
  /** Calls whose answer was lost with their process: perhaps paid for. */
  in_doubt: count,
  /** Null until prices are known. */
  usd: z.number().nullable(),
});

export type OutputRef = z.infer<typeof outputRef>;
export type FileRef = z.infer<typeof fileRef>;
export type RunCosts = z.infer<typeof runCosts>;
