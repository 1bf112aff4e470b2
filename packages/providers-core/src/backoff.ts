const baseMs = 500;
const maxMs = 30_000;

/** Exponential backoff with full jitter: between 0 and 0.5 s after the first try, doubling up to 30 s. */
export function backoffMs(tried: number, random: () => number): number {
  return random() * Math.min(maxMs, baseMs * 2 ** (tried - 1));
}
