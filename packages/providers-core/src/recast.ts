import { OrchError } from '@orch/contracts';
import type { OrchErrorOptions } from '@orch/contracts';

/** The same error with some of its parts replaced; where it came from stays. */
export function recast(error: OrchError, changes: OrchErrorOptions & { readonly message?: string }): OrchError {
  const { message, hint, details, retryable, stack } = error;
  const kept = { hint, details, retryable, cause: error.cause };
  const copy = new OrchError(error.code, changes.message ?? message, { ...kept, ...changes });
  if (stack !== undefined && changes.message === undefined) copy.stack = stack;
  return copy;
}
