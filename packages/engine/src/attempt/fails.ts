import type { OrchError, OutcomeExtra } from '@orch/contracts';

/** Thrown up to the attempt by work that failed, and that says more than why. */
export class Fails extends Error {
  readonly error: OrchError;
  readonly extra: OutcomeExtra;

  constructor(error: OrchError, extra: OutcomeExtra) {
    super(error.message, { cause: error });
    this.error = error;
    this.extra = extra;
  }
}
