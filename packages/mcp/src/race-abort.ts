import { OrchError } from '@orch/contracts';

/** The end of shared work, or the end of waiting for it: the work itself goes on. */
export async function raceAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw reasonOf(signal);
  const { promise, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(reasonOf(signal));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

export function reasonOf(signal: AbortSignal): OrchError {
  return OrchError.from(signal.reason, 'canceled');
}
