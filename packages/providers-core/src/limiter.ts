import type { Clock, Limits, Rest, WaitReason } from '@orch/contracts';
import type { HttpHeaders } from './http-headers.ts';
import { minuteWindow } from './minute-window.ts';
import { parseLimits } from './parse-limits.ts';
import type { StatedLimit } from './parse-limits.ts';
import { parseRetryAfter } from './parse-retry-after.ts';

/** A request that counts, to be given back by one of the two. */
export type Taken = {
  readonly ok: true;
  /** It has ended; `tokens` is what it took in the end, as it was estimated unless given. */
  settle(tokens?: number): void;
  /** It never left. */
  refund(): void;
};

/** Why a request may not leave yet, and for how many milliseconds; 0 when it waits for another one to end. */
export type NotYet = { readonly ok: false; readonly ms: number; readonly reason: Exclude<WaitReason, 'backoff'> };

/** Paces the requests to one model. It never waits itself: who is refused asks again later, or when one has `ended`. */
export interface Limiter {
  /** Counts a request of about so many tokens, if it may leave now. */
  tryTake(tokens?: number): Taken | NotYet;
  /** Why a request of so many tokens may not leave now. */
  waiting(tokens?: number): Rest | undefined;
  /**
   * What the headers of an answer say of the server's limits. When nothing is left it is waited until the limit is full
   * again; `Retry-After` of a 429, 503 or 529 holds up everybody, and says better when to come back than those limits.
   */
  learn(headers: HttpHeaders, status?: number): void;
  /** Resolves when the next of the requests under way has ended. */
  ended(): Promise<void>;
}

/**
 * Never more requests and tokens than set in any minute, nor more than `maxParallel` at once, nor more than the server
 * says are left. What alone is above the limit of tokens leaves when nothing else counts.
 */
export function createLimiter(limits: Limits, clock: Clock): Limiter {
  const requests = minuteWindow(limits.requestsPerMinute ?? Infinity);
  const tokens = minuteWindow(limits.tokensPerMinute ?? Infinity);
  const { maxParallel = Infinity } = limits;
  const stated = new Map<string, Allowance>();
  const underWay = { requests: 0, tokens: 0 };
  let heldUntil = -Infinity;
  let nextEnd = Promise.withResolvers<void>();

  const waiting = (amount = 0): Rest | undefined => {
    const now = clock.monotonic();
    const need = { requests: 1, tokens: amount };
    const waits: Rest[] = [
      { ms: heldUntil - now, reason: 'retry_after' },
      { ms: requests.msUntil(1, now), reason: 'requests' },
      { ms: tokens.msUntil(amount, now), reason: 'tokens' },
    ];
    for (const one of stated.values()) waits.push({ ms: msUntil(one, need[one.counts], now), reason: one.counts });
    const longest = waits.reduce((one, other) => (other.ms > one.ms ? other : one));
    if (longest.ms > 0) return longest;
    return underWay.requests < maxParallel ? undefined : { ms: 0, reason: 'parallel' };
  };
  const learnOne = ({ name, counts, limit, remaining, resetMs }: StatedLimit): void => {
    // What was sent meanwhile is not in what the server says is left.
    const others = underWay.requests === 0 ? 0 : underWay[counts] * (1 - 1 / underWay.requests);
    stated.set(name, { counts, limit, left: remaining - others, until: clock.monotonic() + resetMs });
  };

  return {
    waiting,
    tryTake(amount = 0) {
      const wait = waiting(amount);
      if (wait !== undefined) return { ok: false, ...wait } as NotYet;
      const now = clock.monotonic();
      const portions = { requests: requests.take(1, now), tokens: tokens.take(amount, now) };
      const took = { requests: 1, tokens: amount };
      for (const one of stated.values()) one.left -= took[one.counts];
      underWay.requests++;
      underWay.tokens += amount;
      const end = (): void => {
        underWay.requests--;
        underWay.tokens -= amount;
        nextEnd.resolve();
        nextEnd = Promise.withResolvers();
      };
      return {
        ok: true,
        settle(real = amount) {
          tokens.correct(portions.tokens, real);
          end();
        },
        refund() {
          requests.correct(portions.requests, 0);
          tokens.correct(portions.tokens, 0);
          for (const one of stated.values()) one.left += took[one.counts];
          end();
        },
      };
    },
    learn(headers, status) {
      const retryAfterMs = holdsUp(status) ? parseRetryAfter(headers, clock.now()) : undefined;
      if (retryAfterMs === undefined) {
        for (const one of parseLimits(headers, clock.now())) learnOne(one);
        return;
      }
      stated.clear();
      heldUntil = Math.max(heldUntil, clock.monotonic() + retryAfterMs);
    },
    ended: () => nextEnd.promise,
  };
}

/** What a server says is left of one of its limits, until that is full again. */
type Allowance = Pick<StatedLimit, 'counts' | 'limit'> & { left: number; readonly until: number };

function msUntil({ left, limit = Infinity, until }: Allowance, amount: number, now: number): number {
  if (now >= until) return 0;
  const need = Math.max(1, Math.min(amount, limit));
  return left >= need ? 0 : until - now;
}

function holdsUp(status: number | undefined): boolean {
  return status === 429 || status === 503 || status === 529;
}
