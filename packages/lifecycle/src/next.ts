import { err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import type { Life } from './life.ts';
import { TransitionError } from './transition-error.ts';

/** `to`, if it may follow `from` in this life. `id` names the thing that lives it. */
export function next<S extends string>(
  life: Life<S>,
  from: string,
  to: string,
  { id }: { readonly id: string },
): Result<S, TransitionError> {
  if (!isState(life, from) || !isState(life, to))
    return err(new TransitionError('unknown_state', { life, id, from, to }));
  if (isTerminal(life, from)) return err(new TransitionError('terminal', { life, id, from, to }));
  if (!life.follows[from].includes(to)) return err(new TransitionError('invalid_transition', { life, id, from, to }));
  return ok(to);
}

/** Whether nothing may follow. */
export function isTerminal<S extends string>(life: Life<S>, state: S): boolean {
  return life.follows[state].length === 0;
}

function isState<S extends string>(life: Life<S>, state: string): state is S {
  return Object.hasOwn(life.follows, state);
}
