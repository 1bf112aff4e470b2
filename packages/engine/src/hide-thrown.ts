import { OrchError } from '@orch/contracts';
import type { Hider } from '@orch/contracts';
import { hideError } from '@orch/secrets';

/** What was thrown without the secrets that it quotes; the very same where there are none. */
export function hideThrown(error: unknown, hider: Hider): unknown {
  const known = OrchError.from(error);
  const hidden = hideError(known, hider);
  return hidden === known ? error : hidden;
}
