import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Ids } from '@orch/contracts';
import { monotonicFactory } from 'ulid';

/** Milliseconds: a timer of Node that is set to more fires at once. */
const longestWait = 2 ** 31 - 1;

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      for (let left = ms; left >= 0; left -= longestWait) {
        await wait(Math.min(left, longestWait), undefined, signal === undefined ? {} : { signal });
      }
    } catch (error) {
      throw signal?.aborted ? signal.reason : error;
    }
  },
};

const nextUlid = monotonicFactory();

export const systemIds: Ids = {
  job: () => `job_${randomBytes(6).toString('hex')}`,
  ulid: () => nextUlid(),
};
