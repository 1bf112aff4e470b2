import { randomBytes } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { Clock, Ids } from '@orch/contracts';
import { monotonicFactory } from 'ulid';

/** The clock of this machine. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  async sleep(ms, signal) {
    try {
      await wait(ms, undefined, signal === undefined ? {} : { signal });
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
