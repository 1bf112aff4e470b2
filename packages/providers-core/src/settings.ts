import { OrchError } from '@orch/contracts';
import type { ProviderSettings } from '@orch/contracts';
import { z } from 'zod';

/** Environment variables that a vendor package understands, the first one that is set wins. Read by the program, not here. */
export type ProviderEnvironment = { readonly baseUrl?: readonly string[]; readonly apiKey?: readonly string[] };

/** Settings as a vendor takes them: whatever is left out has the default that stands here. */
export type SettingsInput = Partial<ProviderSettings>;

const schema = z.strictObject({
  /** Without the path of an endpoint; the vendor's own unless given. */
  baseUrl: z.string().trim().min(1).optional(),
  /** Printable ASCII, as a header can carry it. */
  apiKey: z
    .string()
    .trim()
    .regex(/^[\x21-\x7e]+$/)
    .optional(),
  /** To the first byte of an answer, and between its chunks. */
  timeoutMs: z.number().positive().default(60_000),
  /** Further tries after the first. */
  maxRetries: z.int().nonnegative().default(3),
  /** Sent with every request, over the vendor's own. */
  headers: z.record(z.string(), z.string()).optional(),
  api: z.string().optional(),
  apiVersion: z.string().optional(),
  connectMs: z.number().positive().default(10_000),
  /** What is left out is `timeoutMs`, without limit, and `maxRetries`. */
  resilience: z
    .strictObject({
      firstByteMs: z.number().positive(),
      betweenChunksMs: z.number().positive(),
      totalMs: z.number().positive(),
      maxRetries: z.int().nonnegative(),
    })
    .partial()
    .default({}),
  limits: z
    .strictObject({
      requestsPerMinute: z.number().positive(),
      tokensPerMinute: z.number().positive(),
      maxParallel: z.int().positive(),
    })
    .partial()
    .default({}),
  breaker: z
    .strictObject({ threshold: z.int().positive(), cooldownMs: z.number().nonnegative() })
    .default({ threshold: 5, cooldownMs: 30_000 }),
  options: z.record(z.string(), z.json()).default({}),
});

export type Settings = z.infer<typeof schema>;

/** The settings with their defaults. Throws `usage` for anything that is not right; a key is never quoted. */
export function parseSettings(provider: string, settings: SettingsInput): Settings {
  const parsed = schema.safeParse(settings);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new OrchError('usage', `Expected settings that ${provider} can work with, got ${faults.join('; ')}.`);
}
