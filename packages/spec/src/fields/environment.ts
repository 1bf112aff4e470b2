import { inside } from '../source/written.ts';
import type { Written } from '../source/written.ts';
import { textOrSecret } from './text-or-secret.ts';
import type { TextOrSecret } from './text-or-secret.ts';
import { expected, mapOf } from './type.ts';
import type { Type } from './type.ts';
import { variableName } from './words.ts';

/** Environment of a command: name → text or secret. */
export const environment: Type<Readonly<Record<string, TextOrSecret>>> = {
  schema: { type: 'object', propertyNames: variableName.schema, additionalProperties: textOrSecret.schema },
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected('a map of names and texts', written, { path, problems });
    for (const { key, keySpan } of written.entries) {
      const why = badVariable(key);
      if (why !== undefined) problems.add(keySpan[0], { code: 'bad_value', message: `${inside(path, key)}: ${why}` });
    }
    return mapOf(textOrSecret, 'names and texts').read(written, path, problems);
  },
};

function badVariable(name: string): string | undefined {
  if (!new RegExp(variableName.schema['pattern'] as string).test(name)) {
    return 'expected the name of an environment variable';
  }
  return /^ORCH_V\d+$/.test(name) ? 'ORCH_V and a number is how orch hands template values to a command' : undefined;
}

/** The names of the secrets that the environment of a step asks for, each with its place. */
export function secretsIn(environment: Written): { readonly name: string; readonly offset: number }[] {
  if (environment.type !== 'map') return [];
  return environment.entries.flatMap(({ value }) => {
    if (value.type !== 'map') return [];
    return value.entries.flatMap(({ value: name }) =>
      name.type === 'scalar' && typeof name.value === 'string' ? [{ name: name.value, offset: name.span[0] }] : [],
    );
  });
}
