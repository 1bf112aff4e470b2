import { err } from '@orch/contracts';
import type { OrchError, Result } from '@orch/contracts';
import type { Verdict } from './breaker.ts';
import { shortened } from './quote.ts';
import { recast } from './recast.ts';
import { scrub, secretsIn } from './scrub.ts';
import type { Failure, Wire } from './send-once.ts';

/** How one try ended. */
export type TryEnd<R> = Result<R, Failure>;

type Asked = {
  readonly wire: Pick<Wire<unknown, unknown>, 'headers'>;
  readonly hide?: Hide | undefined;
  readonly hint?: Advice | undefined;
};

/** Takes out what the program knows to be secret, however it is written. */
export type Hide = (text: string) => string;

export type Advice = (error: OrchError) => string | undefined;

/** Without secrets that the server echoed, cut where they are gone, and with what its vendor knows to do about it. */
export function withAdvice<R>(end: TryEnd<R>, { wire, hide, hint: advise }: Asked): TryEnd<R> {
  if (end.ok) return end;
  const { error, retryAfterMs } = end.error;
  const own = secretsIn(wire.headers);
  const clean = withTexts(error, (text) => shortened(scrub(hide?.(text) ?? text, own)));
  const hint = advise?.(clean);
  return err({ error: hint === undefined ? clean : recast(clean, { hint }), retryAfterMs });
}

function withTexts(error: OrchError, change: (text: string) => string): OrchError {
  const message = change(error.message);
  const facts = Object.entries(error.details ?? {});
  const clean = facts.map(([name, fact]) => [name, typeof fact === 'string' ? change(fact) : fact] as const);
  const isClean = message === error.message && clean.every(([, fact], at) => fact === facts[at]?.[1]);
  return isClean ? error : recast(error, { message, details: Object.fromEntries(clean), cause: undefined });
}

const troubles: readonly string[] = ['network', 'timeout', 'server', 'rate_limit', 'bad_response'];

/** Errors of the caller say nothing against the service, and a cancel says nothing at all. */
export function verdictOf(end: TryEnd<unknown>): Verdict {
  if (end.ok) return 'worked';
  const { code, details } = end.error.error;
  const status = details?.['status'];
  if (status === 409 || status === 425) return 'refused';
  if (troubles.includes(code)) return 'failed';
  return status === undefined ? 'unknown' : 'refused';
}

/** The error as this layer hands it on: it was tried as often as it will be. */
export function toFinal(error: OrchError, tries: number): OrchError {
  if (!error.retryable) return error;
  const message = tries <= 1 ? error.message : `${error.message} Gave up after ${tries} tries.`;
  return recast(error, { message, retryable: false, details: { ...error.details, tries }, cause: error });
}

/** With the wait that the server asked for, where there was no time for it, or no try left. */
export function withWait(error: OrchError, retryAfterMs = 0): OrchError {
  if (retryAfterMs === 0) return error;
  return recast(error, { message: `${error.message} (it asks to wait ${retryAfterMs / 1000} s)` });
}
