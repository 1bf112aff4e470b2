import type { Hider, Json, Outcome } from '@orch/contracts';
import { hideError, hideValue } from '@orch/secrets';

/** What a kind of step came to, without the secrets in it: before it is stored, compiled, or cut. */
export function hideOutcome(outcome: Outcome<Json>, hider: Hider): Outcome<Json> {
  if (outcome.status === 'failed') return { ...outcome, error: hideError(outcome.error, hider) };
  return hideValue(outcome, hider);
}
