import type { RetryPolicy } from '@orch/contracts';
import { field, record } from './read-fields.ts';
import { expected, flag, notNegative, oneOf, wholeNumber } from './type.ts';
import type { Type } from './type.ts';

/** Further tries after the first, with the waits a step has unless it says otherwise. */
export const retryPolicy = (tries: number): RetryPolicy => ({
  tries,
  backoff: 'exponential',
  base_s: 2,
  max_s: 10,
  jitter: true,
});

const { tries: _, ...waits } = retryPolicy(0);
const tries = wholeNumber(0);

const policy = record(
  'a whole number of 0 or more, or a map with tries',
  {
    tries: field(tries, 'Further tries after the first.'),
    backoff: field(oneOf(['exponential', 'fixed']), 'How waits grow.', { default: waits.backoff }),
    base_s: field(notNegative, 'The first wait, in seconds.', { default: waits.base_s }),
    max_s: field(notNegative, 'The longest wait, in seconds.', { default: waits.max_s }),
    jitter: field(flag, 'Whether waits vary by chance.', { default: waits.jitter }),
  },
  { tries: 'a whole number of 0 or more' },
);

/** A number of tries, or `{tries, backoff, base_s, max_s, jitter}`. */
export const retry: Type<RetryPolicy> = {
  schema: { anyOf: [tries.schema, policy.schema] },
  read: (written, path, problems) => {
    if (written.type === 'scalar' && typeof written.value === 'number') {
      const count = tries.read(written, path, problems);
      return count === undefined ? undefined : retryPolicy(count);
    }
    if (written.type !== 'map') {
      return expected('a whole number of 0 or more, or a map with tries', written, { path, problems });
    }
    const given = policy.read(written, path, problems);
    return given === undefined ? undefined : { ...retryPolicy(given.tries), ...given };
  },
};
