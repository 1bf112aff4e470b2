import type { RetryPolicy } from '@orch/contracts';

/** Milliseconds to wait before the try after attempt `attempt` (from 1): exponential or fixed, capped, with full jitter. */
export function retryDelay(policy: RetryPolicy, attempt: number, random: () => number = Math.random): number {
  const grown = policy.backoff === 'exponential' ? policy.base_s * 2 ** (attempt - 1) : policy.base_s;
  const capped = Math.min(grown, policy.max_s) * 1000;
  return Math.round(policy.jitter ? capped * random() : capped);
}
