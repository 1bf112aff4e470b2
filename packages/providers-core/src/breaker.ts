import { OrchError, err, ok } from '@orch/contracts';
import type { Clock, ProviderNotice, Rest, Result } from '@orch/contracts';
import type { CircuitBreakerPolicy } from 'cockatiel';

export type BreakerOptions = {
  /** Failures in a row that open the circuit. */
  readonly threshold: number;
  /** How long it stays open before one call may try again. */
  readonly cooldownMs: number;
  readonly clock: Clock;
};

/**
 * What a call says of the service: it `worked`; it is in trouble (`failed`); it is there but would not have this
 * (`refused`: an error of the caller); nothing (`unknown`: canceled, or never sent).
 */
export type Verdict = 'worked' | 'failed' | 'refused' | 'unknown';

/** The right to make one call, given back with what the call came to. */
export type Permit = { settle(verdict: Verdict, error?: OrchError): Promise<void> };

export interface Breaker {
  /** Milliseconds until a call may pass: 0 when it may now, Infinity while another call tries the service out. */
  waitMs(): number;
  /** Until an outage may be over; undefined when calls pass, and when a trial has failed already. */
  waiting(): Rest | undefined;
  /** A permit, or `circuit_open`. `notify` is told of the changes of state that this call causes. */
  enter(notify?: (notice: ProviderNotice) => void): Promise<Result<Permit>>;
}

/** Stops calls to a service that is in trouble: the circuit breaker of cockatiel, run by the clock that is handed in. */
export function createBreaker({ threshold, cooldownMs, clock }: BreakerOptions): Breaker {
  let openUntil = 0;
  let inTrial: Call | undefined;
  /** In a row. */
  let failedTrials = 0;
  let loading: Promise<CircuitBreakerPolicy> | undefined;
  const waitMs = (): number => (inTrial === undefined ? Math.max(0, openUntil - clock.monotonic()) : Infinity);

  const load = async (): Promise<CircuitBreakerPolicy> => {
    const policy = await newPolicy(threshold, () => clock.monotonic() >= openUntil);
    policy.onBreak((reason) => {
      openUntil = clock.monotonic() + cooldownMs;
      if (inTrial !== undefined) failedTrials++;
      inTrial = undefined;
      if ('value' in reason) (reason.value as Call).notify({ type: 'circuit.opened', cooldownMs });
    });
    policy.onReset(() => {
      inTrial?.notify({ type: 'circuit.closed' });
      failedTrials = 0;
      inTrial = undefined;
    });
    return policy;
  };

  let lastError: OrchError | undefined;
  return {
    waitMs,
    waiting() {
      const ms = waitMs();
      return ms === 0 || failedTrials > 0 ? undefined : { ms: Number.isFinite(ms) ? ms : 0, reason: 'backoff' };
    },
    async enter(notify = () => {}) {
      const policy = await (loading ??= load());
      if (waitMs() > 0) return err(circuitOpen({ threshold, waitMs: waitMs(), failedTrials, cause: lastError }));
      const call: Call = { notify, verdict: 'unknown', isTrial: false };
      const ending = Promise.withResolvers<Call>();
      const halfOpened = policy.onHalfOpen(() => {
        call.isTrial = true;
        inTrial = call;
        notify({ type: 'circuit.half_open' });
      });
      const counted = policy.execute(() => ending.promise).catch(ignoreUncounted);
      halfOpened.dispose();
      const settle = async (verdict: Verdict, error?: OrchError): Promise<void> => {
        call.verdict = verdict;
        lastError = error ?? lastError;
        if (counts(call)) ending.resolve(call);
        else ending.reject(new Uncounted());
        await counted;
      };
      return ok({ settle });
    },
  };
}

type Call = { readonly notify: (notice: ProviderNotice) => void; verdict: Verdict; isTrial: boolean };

async function newPolicy(threshold: number, ready: () => boolean): Promise<CircuitBreakerPolicy> {
  const { ConsecutiveBreaker, circuitBreaker, handleWhenResult } = await import('cockatiel');
  const speaksAgainst = (call: unknown): boolean => (call as Call).verdict !== 'worked';
  const breaker = new ConsecutiveBreaker(threshold);
  return circuitBreaker(handleWhenResult(speaksAgainst), { breaker, halfOpenAfter: overWhen(ready) });
}

/** cockatiel compares the time on the wall with a duration; this one is over exactly when `ready` says so. */
function overWhen(ready: () => boolean) {
  const backoff = {
    get duration() {
      return ready() ? -Infinity : Infinity;
    },
    next: () => backoff,
  };
  return backoff;
}

/** Anything but success or trouble changes no count; but a trial that told nothing must not close the circuit. */
function counts({ verdict, isTrial }: Call): boolean {
  return verdict === 'worked' || verdict === 'failed' || (verdict === 'unknown' && isTrial);
}

/** Thrown through cockatiel, which leaves its count alone for errors that it does not handle. */
class Uncounted extends Error {}

function ignoreUncounted(error: unknown): void {
  if (!(error instanceof Uncounted)) throw error;
}

type Outage = {
  readonly threshold: number;
  readonly waitMs: number;
  readonly failedTrials: number;
  readonly cause: OrchError | undefined;
};

function circuitOpen({ threshold, waitMs, failedTrials, cause }: Outage): OrchError {
  const until = Number.isFinite(waitMs) ? `for ${(waitMs / 1000).toFixed(1)} s more` : 'until a trial call has ended';
  const why = cause === undefined ? '' : ` Last failure: ${cause.message}`;
  const message = `Expected a working service, its last ${threshold} calls failed: no calls ${until}.${why}`;
  return new OrchError('circuit_open', message, {
    hint: 'Wait, or use another provider.',
    details: { failed_trials: failedTrials, ...(Number.isFinite(waitMs) && { wait_ms: Math.ceil(waitMs) }) },
    cause,
  });
}
