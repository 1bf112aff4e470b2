import { OrchError } from '@orch/contracts';
import { findSecrets } from '@orch/secrets';
import type { Environment } from './environment.ts';
import type { SecretPlace } from './secret-places.ts';

type Named = { readonly env: Environment; readonly places?: readonly SecretPlace[] };

/**
 * The secrets of an environment by the names of their variables: those named, and those whose names say so. Throws `usage`
 * for a named one that is not set, too short to be hidden, or in a header and no header can carry it; it names the place.
 */
export function namedSecrets(names: readonly string[], { env, places = [] }: Named): ReadonlyMap<string, string> {
  const namedBy = (name: string): string | undefined => places.find((place) => place.name === name)?.path;
  const found = findSecrets({ names, env, namedBy });
  if (!found.ok) throw found.error;
  const unsendable = places.find(({ name, isHeader }) => isHeader && !canBeSent(found.value.get(name)));
  if (unsendable !== undefined) throw cannotBeSent(unsendable);
  return found.value;
}

/** What a header can carry, and every server takes: the same as of headers that stand in a job. */
function canBeSent(value = ''): boolean {
  return /^[\x20-\x7e]*$/.test(value);
}

function cannotBeSent({ name, path }: SecretPlace): OrchError {
  const message = `Expected the value of ${name} (named by ${path}) to be printable ASCII in one line, as a header can carry it: it is not.`;
  return new OrchError('usage', message, {
    hint: 'Look for a line end, a dash or a quote in it that came along when it was copied.',
  });
}
