import { OrchError } from '@orch/contracts';
import type { Clock, Limits, Rest } from '@orch/contracts';
import { createLimiter } from './limiter.ts';
import type { Limiter, Taken } from './limiter.ts';
import { endedBy, hasTime, restWhile, sleep, unlessCanceled } from './wait.ts';
import type { Waiter } from './wait.ts';

export type Pace = Pick<Limiter, 'learn'> & {
  /** Waits until a request may leave. Rejects when the wait would end after the deadline: with `cause`, if there is one. */
  take(tokens: number, waiter: Waiter, cause?: OrchError): Promise<Taken>;
  waiting(): Rest | undefined;
};

/** The waiting that a limiter asks for: who came first leaves first, so that small requests do not overtake a large one for ever. */
export function createPace(limits: Limits, clock: Clock): Pace {
  const limiter = createLimiter(limits, clock);
  let queued = 0;
  let last = Promise.resolve();

  /** One that ends may give tokens back. */
  const untilRoom = async (waiter: Waiter, { ms, reason }: Rest): Promise<void> => {
    if (reason === 'parallel') return unlessCanceled(waiter, limiter.ended());
    if (reason !== 'tokens') return sleep(waiter, ms);
    const over = new AbortController();
    const slept = sleep(endedBy(waiter, over.signal), ms).catch((error: unknown) => {
      if (!over.signal.aborted) throw error;
    });
    await Promise.race([slept, limiter.ended()]).finally(() => over.abort());
  };
  const untilAllowed = async (tokens: number, waiter: Waiter, cause?: OrchError): Promise<void> => {
    for (let rest = limiter.waiting(tokens); rest !== undefined; rest = limiter.waiting(tokens)) {
      if (!hasTime(waiter, rest.ms)) throw cause ?? tooLittleTime(rest);
      await untilRoom(waiter, rest);
    }
  };
  const queue = async (tokens: number, waiter: Waiter, cause?: OrchError): Promise<Taken> => {
    const before = last;
    const mine = Promise.withResolvers<void>();
    last = mine.promise;
    queued++;
    try {
      for (;;) {
        const rest = limiter.waiting(tokens) ?? { ms: 0, reason: 'requests' };
        if (!hasTime(waiter, rest.ms)) throw cause ?? tooLittleTime(rest);
        await restWhile(waiter, rest, async (resting) => {
          await unlessCanceled(resting, before);
          await untilAllowed(tokens, resting, cause);
        });
        const taken = limiter.tryTake(tokens);
        if (taken.ok) return taken;
      }
    } finally {
      queued--;
      void before.then(mine.resolve);
    }
  };
  return {
    learn: (headers, status) => limiter.learn(headers, status),
    async take(tokens, waiter, cause) {
      const taken = queued === 0 ? limiter.tryTake(tokens) : undefined;
      return taken?.ok === true ? taken : queue(tokens, waiter, cause);
    },
    waiting: () => limiter.waiting() ?? (queued === 0 ? undefined : { ms: 0, reason: 'requests' }),
  };
}

function tooLittleTime({ ms, reason }: Rest): OrchError {
  const message = `Expected to send within the time that is left, the limit of ${reason} leaves room in ${ms / 1000} s.`;
  return new OrchError('rate_limit', message, {
    hint: 'Raise the timeout of the step, or the limit.',
    details: { wait_ms: Math.ceil(ms) },
    retryable: false,
  });
}
