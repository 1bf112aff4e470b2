import type { Provider } from '@orch/contracts';
import type { HttpDeps, SettingsInput } from '@orch/providers-core';
import { createCompatible } from '@orch/providers-openai';
import { check } from './check.ts';
import { mlx, withDefaults } from './settings.ts';

/**
 * Models that `mlx_lm.server` runs on this machine. `max_tokens` is always sent, 4096 unless an option says otherwise.
 * A schema is told to the model. Throws `usage` for settings that are not right.
 */
export function createMlx(settings: SettingsInput, deps: HttpDeps): Provider {
  const server = createCompatible(mlx, withDefaults(settings), deps);
  return {
    ...server,
    check: (model, context) => check(server, model, context),
  };
}
