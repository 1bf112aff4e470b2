import type { RetryPolicy } from '@orch/contracts';
import { describe } from '../source/written.ts';
import { expected, flag, notNegative, oneOf, wholeNumber } from './read.ts';
import type { Read } from './read.ts';
import { readFields } from './read-fields.ts';

/** Further tries after the first, with the waits a step has unless it says otherwise. */
export const retryPolicy = (tries: number): RetryPolicy => ({
  tries,
  backoff: 'exponential',
  base_s: 2,
  max_s: 10,
  jitter: true,
});

const tries = wholeNumber(0);
const shape = {
  tries,
  backoff: oneOf(['exponential', 'fixed']),
  base_s: notNegative,
  max_s: notNegative,
  jitter: flag,
};
const none: ReadonlySet<string> = new Set();

/** A number of tries, or `{tries, backoff, base_s, max_s, jitter}`. */
export const retry: Read<RetryPolicy> = (written, path, problems) => {
  if (written.type === 'scalar' && typeof written.value === 'number') {
    const count = tries(written, path, problems);
    return count === undefined ? undefined : retryPolicy(count);
  }
  if (written.type !== 'map') {
    return expected('a whole number of 0 or more, or a map with tries', written, { path, problems });
  }
  const { tries: count, ...waits } = readFields(written, { shape, notBuilt: none }, { path, problems });
  if (count !== undefined) return { ...retryPolicy(count), ...waits };
  if (written.entries.some(({ key }) => key === 'tries')) return undefined;
  const message = `${path}.tries: expected a whole number of 0 or more, got ${describe(written)} without it`;
  return problems.add(written.span[0], { code: 'missing', message });
};
