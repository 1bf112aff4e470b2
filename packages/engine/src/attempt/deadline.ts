import { OrchError } from '@orch/contracts';
import type { Clock } from '@orch/contracts';
import { sleepThen } from '../run/sleep-then.ts';
import { onAbort } from './on-abort.ts';

/** How long work that was told to stop may take to do so, before the run goes on without it. */
const graceMs = 5_000;

export type Deadline = {
  /** Aborts with the run, or when the time is over. */
  readonly signal: AbortSignal;
  /** On the clock's `monotonic`; undefined without a limit. */
  readonly at: number | undefined;
  /** The work's own end; or, some time after the signal aborted, its reason. */
  race<T>(work: Promise<T>): Promise<T>;
  /** Frees the timers. */
  done(): void;
};

/** `name`: what errors call it. */
type Limit = { readonly seconds: number | undefined; readonly name: string };

/** A limit of time on what a run does. Without one, or with 0, it costs next to nothing. */
export function withDeadline(clock: Clock, run: AbortSignal, limit: Limit): Deadline {
  const { seconds = 0 } = limit;
  if (seconds === 0) return { signal: run, at: undefined, ...racing(clock, run) };
  const over = new AbortController();
  const signal = AbortSignal.any([run, over.signal]);
  const timer = new AbortController();
  sleepThen(clock, { ms: seconds * 1000, freed: timer.signal }, () => over.abort(tooLong(limit)));
  const { race, done } = racing(clock, signal);
  return {
    signal,
    at: clock.monotonic() + seconds * 1000,
    race,
    done() {
      timer.abort();
      done();
    },
  };
}

function racing(clock: Clock, signal: AbortSignal): Pick<Deadline, 'race' | 'done'> {
  let grace: AbortController | undefined;
  let unlisten = (): void => undefined;
  return {
    race: (work) =>
      new Promise((resolve, reject) => {
        const giveUp = (): void => {
          grace = new AbortController();
          sleepThen(clock, { ms: graceMs, freed: grace.signal }, () => reject(abandoned(signal.reason)));
        };
        if (signal.aborted) giveUp();
        else unlisten = onAbort(signal, giveUp);
        work.then(resolve, reject);
      }),
    done() {
      unlisten();
      grace?.abort();
    },
  };
}

function tooLong({ seconds, name }: Limit): OrchError {
  return new OrchError('timeout', `Expected an end within ${name}: ${seconds}, it took longer.`);
}

/** Work that goes on although it was told to stop is not started once more beside itself. */
function abandoned(reason: unknown): OrchError {
  const { code, message } = OrchError.from(reason, 'canceled');
  return new OrchError(code, `${message} It went on, and was given up.`, { retryable: false, cause: reason });
}
