import type { Clock } from '@orch/contracts';

/** Counts only the time that is spent waiting for the server, not the time its answers are being used. */
export type IdleWatch = { waits(): void; rests(): void; stop(): void };

/** Made once: a reason of its own would be a DOMException with a stack, for each request. */
const noLongerNeeded = new Error('The wait is over.');

/** Calls `onIdle` once, when one wait has lasted `ms`. A chunk costs one look at the clock, not a timer of its own. */
export function watchIdle(ms: number, clock: Clock, onIdle: () => void): IdleWatch {
  let since: number | undefined = clock.monotonic();
  const stopped = new AbortController();
  const watch = async (): Promise<void> => {
    for (;;) {
      const left = since === undefined ? ms : since + ms - clock.monotonic();
      if (left <= 0) return onIdle();
      await clock.sleep(left, stopped.signal);
    }
  };
  watch().catch((error: unknown) => {
    if (!stopped.signal.aborted) throw error;
  });
  return {
    waits: () => void (since = clock.monotonic()),
    rests: () => void (since = undefined),
    stop: () => stopped.abort(noLongerNeeded),
  };
}
