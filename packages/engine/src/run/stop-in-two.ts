import type { Clock } from '@orch/contracts';
import { sleepThen } from './sleep-then.ts';

/** How long what is in flight may take to finish once nothing more starts, in milliseconds. */
const defaultGraceMs = 10_000;

export type StopInTwo = {
  /** Nothing more starts. */
  readonly drain: AbortSignal;
  /** What runs is ended: at once when that was asked for, else when the grace is over. */
  readonly signal: AbortSignal;
  /** Frees the timer. */
  done(): void;
};

/** Joins a wish to stop gently with one to stop at once. */
export function stopInTwo(
  clock: Clock,
  hard: AbortSignal,
  {
    drain = new AbortController().signal,
    graceMs = defaultGraceMs,
  }: {
    readonly drain?: AbortSignal | undefined;
    readonly graceMs?: number | undefined;
  },
): StopInTwo {
  const over = new AbortController();
  const finished = new AbortController();
  const wait = (): void => {
    sleepThen(clock, { ms: graceMs, freed: finished.signal }, () => over.abort(drain.reason));
  };
  if (drain.aborted) wait();
  else drain.addEventListener('abort', wait, { once: true, signal: finished.signal });
  return { drain, signal: AbortSignal.any([hard, over.signal]), done: () => finished.abort() };
}
