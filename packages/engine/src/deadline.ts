import { OrchError } from '@orch/contracts';
import type { Clock } from '@orch/contracts';

/** How long work that was told to stop may take to do so, before the run goes on without it. */
const graceMs = 5_000;

export type Deadline = {
  /** Aborts with the run, or when the time is over. */
  readonly signal: AbortSignal;
  /** The work's own end; or, some time after the signal aborted, its reason. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Frees the timers. */
  done(): void;
};

export function withDeadline(clock: Clock, run: AbortSignal, seconds: number | undefined): Deadline {
  const over = new AbortController();
  const finished = new AbortController();
  const signal = AbortSignal.any([run, over.signal]);
  const after = (ms: number, then: () => void): void => {
    clock.sleep(ms, finished.signal).then(then, (reason: unknown) => {
      if (!finished.signal.aborted) throw reason;
    });
  };
  if (seconds !== undefined && seconds > 0) after(seconds * 1000, () => over.abort(tooLong(seconds)));
  return {
    signal,
    race: (work) =>
      new Promise((resolve, reject) => {
        const giveUp = (): void => after(graceMs, () => reject(abandoned(signal.reason)));
        if (signal.aborted) giveUp();
        else signal.addEventListener('abort', giveUp, { once: true, signal: finished.signal });
        work.then(resolve, reject);
      }),
    done: () => finished.abort(),
  };
}

function tooLong(seconds: number): OrchError {
  return new OrchError('timeout', `Expected an end within timeout_s: ${seconds}, it took longer.`);
}

/** Work that goes on although it was told to stop is not started once more beside itself. */
function abandoned(reason: unknown): OrchError {
  const { code, message } = OrchError.from(reason, 'canceled');
  return new OrchError(code, `${message} It went on, and was given up.`, { retryable: false, cause: reason });
}
