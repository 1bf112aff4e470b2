import { OrchError, err } from '@orch/contracts';
import type { Clock, ProviderNotice, SentRequest } from '@orch/contracts';
import { backoffMs } from './backoff.ts';
import type { Breaker, Permit } from './breaker.ts';
import { cancellation } from './cancellation.ts';
import { secretsIn } from './scrub.ts';
import { sendOnce } from './send-once.ts';
import type { Link, Wire } from './send-once.ts';
import { toFinal, verdictOf, withAdvice } from './try-end.ts';
import type { Advice, TryEnd } from './try-end.ts';

export type Exchange<T, R> = {
  readonly wire: Wire<T, R>;
  readonly hooks: Hooks<R>;
  readonly breaker?: Breaker | undefined;
  readonly maxRetries: number;
  /** From 0 to 1. */
  readonly random: () => number;
  /** Which failures are worth another try, of those that may go better. */
  readonly mayRetry?: ((error: OrchError) => boolean) | undefined;
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
  | { readonly ok: false; readonly error: OrchError; readonly willRetry: boolean }
);

/**
 * Retry around breaker around one request: yields the parts of the answer, returns the whole. A try that broke off
 * after some parts is repeated like any other, and its parts come again. What is thrown in the end is final.
 *
 * In order, for each try: the breaker is asked; `before`; the request leaves; its parts; the breaker counts it and
 * tells `notify`; `after`; then the end, or a wait and the next try.
 */
export async function* exchange<T, R>(ask: Exchange<T, R>, link: Link): AsyncGenerator<T, R> {
  for (let number = 1; ; number++) {
    const { end, willRetry } = yield* oneTry(ask, link, number);
    if (end.ok) return end.value;
    if (link.signal.aborted) throw cancellation(link.signal);
    const { error, retryAfterMs } = end.error;
    if (!willRetry) throw toFinal(error, number);
    await pause(link, retryAfterMs ?? backoffMs(number, ask.random));
  }
}

async function* oneTry<T, R>(ask: Exchange<T, R>, link: Link, number: number) {
  const permit = await leave(ask, link, number);
  const started = link.clock.monotonic();
  let end: TryEnd<R> | undefined;
  try {
    end = withAdvice(yield* sendOnce(ask.wire, link), secretsIn(ask.wire.headers), ask.hint);
  } finally {
    if (end === undefined) await close(unread());
  }
  return { end, willRetry: await close(end) };

  async function close(tried: TryEnd<R>): Promise<boolean> {
    await permit?.settle(verdictOf(tried), tried.ok ? undefined : tried.error.error);
    const willRetry = !tried.ok && !link.signal.aborted && isWorthRetrying(tried.error.error, ask, number);
    const durationMs = link.clock.monotonic() - started;
    await ask.hooks.after?.(toTried(tried, { try: number, durationMs, willRetry }));
    return willRetry;
  }
}

/** How a try ends whose reader stopped reading. */
function unread(): TryEnd<never> {
  return err({ error: new OrchError('canceled', 'The answer was not read to its end.') });
}

/** Everybody who may forbid the request is asked: the caller's signal, the breaker, the hook. */
async function leave<T, R>(ask: Exchange<T, R>, { signal }: Link, number: number): Promise<Permit | undefined> {
  if (signal.aborted) throw cancellation(signal);
  const entered = await ask.breaker?.enter((notice) => ask.hooks.notify?.(notice));
  if (entered?.ok === false) throw toFinal(entered.error, number);
  try {
    await ask.hooks.before?.({ try: number });
  } catch (error) {
    await entered?.value.settle('unknown');
    throw error;
  }
  return entered?.value;
}

function isWorthRetrying<T, R>(error: OrchError, ask: Exchange<T, R>, number: number): boolean {
  const mayGoBetter = error.retryable && (ask.mayRetry?.(error) ?? true);
  return mayGoBetter && number <= ask.maxRetries && (ask.breaker?.waitMs() ?? 0) === 0;
}

type TryFacts = { readonly try: number; readonly durationMs: number; readonly willRetry: boolean };

function toTried<R>(end: TryEnd<R>, { willRetry, ...facts }: TryFacts): Tried<R> {
  if (end.ok) return { ...facts, ok: true, reply: end.value };
  return { ...facts, ok: false, error: end.error.error, willRetry };
}

/** Timers cannot be set further ahead than this, some 24 days. */
const maxWaitMs = 2 ** 31 - 1;

async function pause({ clock, signal }: { clock: Clock; signal: AbortSignal }, ms: number): Promise<void> {
  try {
    await clock.sleep(Math.min(ms, maxWaitMs), signal);
  } catch (error) {
    throw signal.aborted ? cancellation(signal) : error;
  }
}
