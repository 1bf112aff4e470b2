import type { Usage } from '@orch/contracts';

/** As the server states it; cumulative, and null for what it does not count. */
export type UsageFields = {
  readonly input_tokens?: unknown;
  readonly output_tokens?: unknown;
  readonly cache_creation_input_tokens?: unknown;
  readonly cache_read_input_tokens?: unknown;
};

/** `input_tokens` are those after the last place that was cached: the whole prompt is the sum of the three. */
export function toUsage(fields: UsageFields): Usage {
  const fresh = countOf(fields.input_tokens);
  const cached = countOf(fields.cache_read_input_tokens);
  const written = countOf(fields.cache_creation_input_tokens);
  return {
    tokensIn: fresh === undefined ? undefined : fresh + (cached ?? 0) + (written ?? 0),
    tokensOut: countOf(fields.output_tokens),
    tokensCached: cached,
  };
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
