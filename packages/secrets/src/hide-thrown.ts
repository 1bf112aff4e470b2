import { OrchError } from '@orch/contracts';
import type { Hider } from '@orch/contracts';
import { hideError } from './hide-error.ts';

/** Whatever was thrown, without the secrets that it quotes: then an `OrchError`; the very same where there are none. */
export function hideThrown(error: unknown, hider: Pick<Hider, 'text'>): unknown {
  const known = OrchError.from(error);
  const hidden = hideError(known, hider);
  return hidden === known ? error : hidden;
}
