import type { OrchError } from './orch-error.ts';

/** What a function inside the walls returns: a value, or why there is none. Exceptions are for the edges. */
export type Result<T, E = OrchError> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const err = <E>(error: E): { readonly ok: false; readonly error: E } => ({ ok: false, error });
