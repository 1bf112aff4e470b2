import type { Clock } from '@orch/contracts';

/** How long one try may take: to the first byte of its answer, between its chunks, and in all where that is limited. */
export type Patience = {
  readonly firstByteMs: number;
  readonly betweenChunksMs: number;
  readonly totalMs?: number | undefined;
};

/** What did not come in time. */
export type Missing = 'first byte' | 'next chunk' | 'end';

/** Silence is only the time spent waiting for the server, not the time its answer is being used. */
export type SilenceWatch = { waits(): void; rests(): void; stop(): void };

/** Made once: a reason of its own would be a DOMException with a stack, for each request. */
const noLongerNeeded = new Error('The wait is over.');

/** Calls `onLate` once, when the server took too long. A chunk costs one look at the clock, not a timer of its own. */
export function watchSilence(patience: Patience, clock: Clock, onLate: (missing: Missing) => void): SilenceWatch {
  const { firstByteMs, betweenChunksMs, totalMs = Infinity } = patience;
  const started = clock.monotonic();
  let since: number | undefined = started;
  let missing: Exclude<Missing, 'end'> = 'first byte';
  const silenceLeft = (): number => {
    const limit = missing === 'first byte' ? firstByteMs : betweenChunksMs;
    return since === undefined ? limit : since + limit - clock.monotonic();
  };
  const stopped = new AbortController();
  const watch = async (): Promise<void> => {
    for (;;) {
      const left = silenceLeft();
      const totalLeft = started + totalMs - clock.monotonic();
      if (left <= 0) return onLate(missing);
      if (totalLeft <= 0) return onLate('end');
      // Never past the end of a silence that has not begun yet.
      await clock.sleep(Math.min(left, totalLeft, betweenChunksMs), stopped.signal);
    }
  };
  watch().catch((error: unknown) => {
    if (!stopped.signal.aborted) throw error;
  });
  return {
    waits: () => void (since = clock.monotonic()),
    rests: () => {
      since = undefined;
      missing = 'next chunk';
    },
    stop: () => stopped.abort(noLongerNeeded),
  };
}
