import type { Hider } from '@orch/contracts';
import { createHider, findSecrets } from '@orch/secrets';

/** Takes out what the environment holds under names that say that it is a secret: before a job can name more. */
export function secretsOfEnv(env: Readonly<Record<string, string | undefined>>): Hider {
  const found = findSecrets({ names: [], env });
  if (!found.ok) throw found.error;
  return createHider(found.value.values());
}
