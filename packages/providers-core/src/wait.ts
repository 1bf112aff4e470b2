import type { ProviderContext, Rest } from '@orch/contracts';
import { cancellation } from './cancellation.ts';

/** What a wait needs to know of the exchange that waits. */
export type Waiter = Pick<ProviderContext, 'clock' | 'signal' | 'rest' | 'deadline'>;

/** Shorter waits are not worth handing over. */
const leastMs = 50;

/** Timers cannot be set further ahead than this, some 24 days. */
const maxTimerMs = 2 ** 31 - 1;

/** Whether a wait is over before the time of its exchange is. */
export function hasTime({ clock, deadline }: Waiter, ms: number): boolean {
  return deadline === undefined || clock.monotonic() + ms <= deadline;
}

/** Waits, holding nothing meanwhile when the caller knows how, and when it is worth it: `ms` 0 says nobody can tell. */
export async function restWhile(waiter: Waiter, rest: Rest, wait: (waiter: Waiter) => Promise<void>): Promise<void> {
  const isShort = rest.ms > 0 && rest.ms <= leastMs;
  const waitUntil = (until?: AbortSignal): Promise<void> => wait(until === undefined ? waiter : endedBy(waiter, until));
  await (isShort || waiter.rest === undefined ? wait(waiter) : waiter.rest(rest, waitUntil));
  if (waiter.signal.aborted) throw cancellation(waiter.signal);
}

/** The same, whose waits another signal ends as well. */
export function endedBy(waiter: Waiter, until: AbortSignal): Waiter {
  return { ...waiter, signal: AbortSignal.any([waiter.signal, until]) };
}

/** Rejects with the reason of a cancel. */
export async function sleep({ clock, signal }: Waiter, ms: number): Promise<void> {
  try {
    await clock.sleep(Math.min(ms, maxTimerMs), signal);
  } catch (error) {
    throw signal.aborted ? cancellation(signal) : error;
  }
}

/** Rejects with the reason of a cancel, which ends the wait but not what is waited for. */
export async function unlessCanceled({ signal }: Waiter, work: Promise<void>): Promise<void> {
  const canceled = Promise.withResolvers<void>();
  const cancel = (): void => canceled.reject(cancellation(signal));
  if (signal.aborted) cancel();
  else signal.addEventListener('abort', cancel, { once: true });
  try {
    await Promise.race([work, canceled.promise]);
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
