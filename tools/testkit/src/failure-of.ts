import type { OrchError } from '@orch/contracts';
import { expect } from 'vitest';

/** What some work fails with; a test in which it does not has failed. */
export const failureOf = (work: Promise<unknown>): Promise<OrchError> =>
  work.then(
    () => expect.unreachable('expected a failure'),
    (error: unknown) => error as OrchError,
  );
