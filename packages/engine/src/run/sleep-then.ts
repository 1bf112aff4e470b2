import type { Clock } from '@orch/contracts';

/** Calls `then` when the time is over, unless the signal aborts before: that frees the timer. */
export function sleepThen(clock: Clock, { ms, freed }: { ms: number; freed: AbortSignal }, then: () => void): void {
  clock.sleep(ms, freed).then(then, (reason: unknown) => {
    if (!freed.aborted) throw reason;
  });
}
