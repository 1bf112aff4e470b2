import type { Clock, OrchError } from '@orch/contracts';
import { raceAbort, reasonOf } from './race-abort.ts';

export type Limit = {
  readonly ms: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** What is thrown when the time is over. */
  readonly late: () => OrchError;
};

/** Work that is told to stop when the time is over or the signal aborts, and not waited for any longer. */
export async function withinLimit<T>(limit: Limit, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { ms, clock, signal, late } = limit;
  const [stop, done] = [new AbortController(), new AbortController()];
  const onAbort = (): void => stop.abort(reasonOf(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  if (signal.aborted) onAbort();
  clock.sleep(ms, done.signal).then(
    () => stop.abort(late()),
    (reason: unknown) => {
      if (!done.signal.aborted) throw reason;
    },
  );
  try {
    return await raceAbort(work(stop.signal), stop.signal);
  } catch (error) {
    throw stop.signal.aborted ? reasonOf(stop.signal) : error;
  } finally {
    signal.removeEventListener('abort', onAbort);
    done.abort();
  }
}
