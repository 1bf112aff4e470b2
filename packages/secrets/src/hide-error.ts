import { inspect } from 'node:util';
import { OrchError } from '@orch/contracts';
import type { Hider } from '@orch/contracts';
import { hideValue } from './hide-value.ts';
import { hidesNothing } from './no-secrets.ts';

type TextHider = Pick<Hider, 'text'>;

/**
 * The error with its message, hint, details, stack and causes hidden; the very same where there is nothing to hide. Of a
 * cause that holds a secret, only name, message, stack and its own cause are left.
 */
export function hideError(error: OrchError, hider: TextHider): OrchError {
  if (hidesNothing(hider) || isClean(error, hider)) return error;
  const { code, message, hint, details, cause, retryable, stack } = error;
  const hidden = new OrchError(code, hider.text(message), {
    hint: hint && hider.text(hint),
    details: hideValue(details, hider),
    cause: hideCause(cause, hider, new Set([error])),
    retryable,
  });
  return withStack(hidden, stack, hider);
}

/** Causes may lead in a circle. */
function hideCause(cause: unknown, hider: TextHider, seen: Set<unknown>): unknown {
  if (isClean(cause, hider)) return cause;
  if (typeof cause === 'string') return hider.text(cause);
  if (!(cause instanceof Error) || seen.has(cause)) return undefined;
  seen.add(cause);
  const inner = hideCause(cause.cause, hider, seen);
  const hidden = new Error(hider.text(cause.message), inner === undefined ? undefined : { cause: inner });
  Object.defineProperty(hidden, 'name', { value: cause.name, enumerable: false });
  return withStack(hidden, cause.stack, hider);
}

/** As a program that prints it would show it: other fields of an error too. */
function isClean(thing: unknown, hider: TextHider): boolean {
  const shown = inspect(thing, { depth: 8, maxArrayLength: null, maxStringLength: null });
  return hider.text(shown) === shown;
}

function withStack<E extends Error>(error: E, stack: string | undefined, hider: TextHider): E {
  if (stack !== undefined) error.stack = hider.text(stack);
  return error;
}
