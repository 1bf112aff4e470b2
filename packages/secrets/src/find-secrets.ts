import { OrchError, err, ok } from '@orch/contracts';
import type { Result } from '@orch/contracts';
import { looksSecret } from './looks-secret.ts';
import { isOrdinary } from './ordinary-value.ts';

export type SecretsQuestion = {
  /** Variables that hold secrets whatever they are called. */
  readonly names: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where a variable is named, for messages. */
  readonly namedBy?: ((name: string) => string | undefined) | undefined;
  /** Characters; 8 unless given. */
  readonly minLength?: number;
};

/**
 * The secrets of an environment by the name of their variable: those named, and unasked those whose name looks like that
 * of a key, token or password, unless their value is short, a word that is no secret, a number, or a file that is there.
 * `usage` when one that is named is not set, or too short to be hidden.
 */
export function findSecrets({
  names,
  env,
  namedBy,
  minLength = 8,
}: SecretsQuestion): Result<ReadonlyMap<string, string>> {
  const unset = names.filter((name) => !env[name]);
  const short = names.filter((name) => env[name] && !isLong(env[name], minLength));
  if (unset.length > 0 || short.length > 0) return err(unusable({ unset, short, minLength, namedBy }));
  const found = Object.entries(env).flatMap(([name, value = '']): [string, string][] => {
    const isUnasked = isLong(value, minLength) && looksSecret(name) && !isOrdinary(value);
    return names.includes(name) || isUnasked ? [[name, value]] : [];
  });
  return ok(new Map(found));
}

function isLong(value: string, minLength: number): boolean {
  return [...value].length >= minLength;
}

type Unusable = { readonly unset: string[]; readonly short: string[]; readonly minLength: number } & Pick<
  SecretsQuestion,
  'namedBy'
>;

/** Their values stay unsaid, and how long they are. */
function unusable({ unset, short, minLength, namedBy = () => undefined }: Unusable): OrchError {
  const shown = (names: readonly string[]): string =>
    names
      .map((name) => [name, ...(namedBy(name) === undefined ? [] : [`(named by ${namedBy(name)})`])].join(' '))
      .join(', ');
  const missing = `Expected the environment to have ${shown(unset)}, named as secret: not set, or empty.`;
  const found = `Expected the value of ${shown(short)}, named as secret, to have at least ${minLength} characters: shorter ones are found everywhere by chance, so that they cannot be hidden.`;
  return new OrchError(
    'usage',
    [...(unset.length > 0 ? [missing] : []), ...(short.length > 0 ? [found] : [])].join('\n'),
    {
      hint:
        unset.length > 0
          ? `Set it before the start (export ${unset[0]}=…), or take it out of the names of secrets.`
          : 'Take another value, or take it out of the names of secrets if it is none.',
      details: { unset, short },
    },
  );
}
