import { randomBytes, randomInt } from 'node:crypto';
import type { Clock, Ids } from '@orch/contracts';
import { monotonicFactory } from 'ulid';

/** Milliseconds: a timer of Node that is set to more fires at once. */
const longestWait = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  sleep: (ms, signal) => new Promise((resolve, reject) => startTimer({ ms, signal, resolve, reject })),
};

type Sleep = {
  readonly ms: number;
  readonly signal: AbortSignal | undefined;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
};

/** By hand: a promise of `node:timers/promises` costs as much as the rest of a request when it is aborted. */
function startTimer({ ms, signal, resolve, reject }: Sleep): void {
  if (signal?.aborted === true) return reject(signal.reason);
  let timer: NodeJS.Timeout;
  const abort = (): void => {
    clearTimeout(timer);
    reject(signal?.reason);
  };
  const wait = (left: number): void => {
    timer = setTimeout(
      () => {
        if (left > longestWait) return wait(left - longestWait);
        signal?.removeEventListener('abort', abort);
        resolve();
      },
      Math.min(left, longestWait),
    );
  };
  signal?.addEventListener('abort', abort, { once: true });
  wait(ms);
}

/** `randomInt` takes from a store of random bytes; by itself ulid asks the system sixteen times for one byte. */
const nextUlid = monotonicFactory(() => randomInt(2 ** 32) / 2 ** 32);

export const systemIds: Ids = {
  job: () => `job_${randomBytes(6).toString('hex')}`,
  ulid: () => nextUlid(),
};
