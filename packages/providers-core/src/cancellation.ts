import { OrchError } from '@orch/contracts';

/** Why the caller ended an exchange: its own OrchError when it gave one as the signal's reason. */
export function cancellation(signal: AbortSignal): OrchError {
  const reason: unknown = signal.reason;
  return OrchError.is(reason) ? reason : new OrchError('canceled', 'The exchange was canceled.', { cause: reason });
}
