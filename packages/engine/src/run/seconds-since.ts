import type { Clock } from '@orch/contracts';

/** Seconds from a moment of the monotonic clock until now, to the millisecond, as records state durations. */
export function secondsSince(clock: Clock, began: number): number {
  return Math.round(clock.monotonic() - began) / 1000;
}
