import type { OrchError, ProviderNotice, Rest, SentRequest, Usage } from '@orch/contracts';
import { backoffMs } from './backoff.ts';
import type { Breaker, Permit } from './breaker.ts';
import { cancellation } from './cancellation.ts';
import type { Taken } from './limiter.ts';
import type { Pace } from './pace.ts';
import type { Hand } from './read-answer.ts';
import { sendOnce } from './send-once.ts';
import type { Failure, Link, Wire } from './send-once.ts';
import { toFinal, verdictOf, withAdvice, withWait } from './try-end.ts';
import type { Advice, Hide, TryEnd } from './try-end.ts';
import { hasTime, restWhile, sleep } from './wait.ts';

export type Exchange<T, R> = {
  readonly wire: Wire<T, R>;
  readonly hooks: Hooks<R>;
  readonly breaker?: Breaker | undefined;
  readonly pace?: Pace | undefined;
  /** What the question is estimated to take of the limits, and what the answer says it took. */
  readonly tokens?: number | undefined;
  readonly tokensOf?: ((answer: R) => number | undefined) | undefined;
  readonly maxRetries: number;
  /** What an answer took that broke off. */
  readonly spent?: (() => Usage | undefined) | undefined;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Which failures are worth another try, of those that may go better. */
  readonly mayRetry?: ((error: OrchError) => boolean) | undefined;
  readonly hide?: Hide | undefined;
  readonly hint?: Advice | undefined;
};

export type Hooks<R> = {
  before?(sent: SentRequest): Promise<void>;
  after?(tried: Tried<R>): Promise<void>;
  notify?(notice: ProviderNotice): void;
};

/** What one try came to, told before anybody else learns of it. */
type Tried<R> = { readonly try: number; readonly durationMs: number } & (
  | { readonly ok: true; readonly reply: R }
  | {
      readonly ok: false;
      readonly error: OrchError;
      readonly willRetry: boolean;
      readonly usage?: Usage | undefined;
    }
);

/**
 * Retry around limits, breaker and one request: hands on the parts of the answer, returns the whole. A try that broke off
 * after some parts is repeated like any other, and its parts come again. What is thrown in the end is final.
 *
 * In order, for each try: the limits are kept; the breaker is asked; `before`; the request leaves; its parts; the breaker counts it and
 * tells `notify`; `after`; then the end, or a wait and the next try.
 */
export async function exchange<T, R>(ask: Exchange<T, R>, link: Link, hand?: Hand<T>): Promise<R> {
  let failure: OrchError | undefined;
  for (let number = 1; ; number++) {
    const { end, pause } = await oneTry({ ask, link, hand, failure }, number);
    if (end.ok) return end.value;
    if (link.context.signal.aborted) throw cancellation(link.context.signal);
    failure = toFinal(end.error.error, number);
    if (pause === undefined) throw withWait(failure, end.error.retryAfterMs);
    if (pause.ms > 0) await restWhile(link.context, pause, (resting) => sleep(resting, pause.ms));
  }
}

type Going<T, R> = {
  readonly ask: Exchange<T, R>;
  readonly link: Link;
  readonly hand: Hand<T> | undefined;
  /** What the try before came to. */
  readonly failure: OrchError | undefined;
};

async function oneTry<T, R>(going: Going<T, R>, number: number) {
  const { ask, link, hand } = going;
  const { permit, taken } = await leave(going, number);
  const started = link.context.clock.monotonic();
  const end = withAdvice(await sendOnce(ask.wire, link, hand), ask);
  taken?.settle(end.ok ? ask.tokensOf?.(end.value) : undefined);
  await permit?.settle(verdictOf(end), end.ok ? undefined : end.error.error);
  const pause = end.ok || link.context.signal.aborted ? undefined : pauseAfter(end.error, going, number);
  const durationMs = link.context.clock.monotonic() - started;
  const willRetry = pause !== undefined && !isShut(ask);
  const usage = end.ok ? undefined : ask.spent?.();
  await ask.hooks.after?.(toTried(end, { try: number, durationMs, willRetry, usage }));
  return { end, pause };
}

type Leave = { readonly permit: Permit | undefined; readonly taken: Taken | undefined };

/** Everybody who may forbid or delay the request is asked: the caller's signal, the limits, the breaker, the hook. */
async function leave<T, R>({ ask, link, failure }: Going<T, R>, number: number): Promise<Leave> {
  if (link.context.signal.aborted) throw cancellation(link.context.signal);
  const taken = isShut(ask) ? undefined : await ask.pace?.take(ask.tokens ?? 0, link.context, failure);
  const entered = await ask.breaker?.enter((notice) => ask.hooks.notify?.(notice));
  try {
    if (entered?.ok === false) throw toFinal(entered.error, number - 1);
    await ask.hooks.before?.({ try: number });
  } catch (error) {
    taken?.refund();
    if (entered?.ok === true) await entered.value.settle('unknown');
    throw error;
  }
  return { permit: entered?.value, taken };
}

/** The wait before another try; undefined when there is none, or no time for it. An open circuit says at once that it is. */
function pauseAfter<T, R>(
  { error, retryAfterMs }: Failure,
  { ask, link }: Going<T, R>,
  number: number,
): Rest | undefined {
  const mayGoBetter = error.retryable && (ask.mayRetry?.(error) ?? true);
  if (!mayGoBetter || number > ask.maxRetries) return undefined;
  if (isShut(ask)) return { ms: 0, reason: 'backoff' };
  const pause: Rest =
    retryAfterMs === undefined
      ? { ms: backoffMs(number, ask.random), reason: 'backoff' }
      : { ms: retryAfterMs, reason: 'retry_after' };
  return hasTime(link.context, pause.ms) ? pause : undefined;
}

function isShut({ breaker }: Pick<Exchange<unknown, unknown>, 'breaker'>): boolean {
  return (breaker?.waitMs() ?? 0) > 0;
}

type TryFacts = {
  readonly try: number;
  readonly durationMs: number;
  readonly willRetry: boolean;
  readonly usage: Usage | undefined;
};

function toTried<R>(end: TryEnd<R>, { willRetry, usage, ...facts }: TryFacts): Tried<R> {
  if (end.ok) return { ...facts, ok: true, reply: end.value };
  return { ...facts, ok: false, error: end.error.error, willRetry, ...(usage && { usage }) };
}
