import { inside } from '../source/written.ts';
import type { Written } from '../source/written.ts';
import { record } from './read-fields.ts';
import { field } from './read-fields.ts';
import { expected, mapOf, text } from './type.ts';
import type { Type } from './type.ts';
import { variableName } from './words.ts';

/** The value of a variable: a template, or the name of a secret of the environment that orch was started in. */
type Value = string | { readonly secret: string };

const secret = record(
  'a string or {secret: NAME}',
  { secret: field(variableName, 'The environment variable that holds the value when the run starts.') },
  { secret: 'the name of an environment variable' },
);

const value: Type<Value> = {
  schema: { anyOf: [text.schema, secret.schema] },
  read: (written, path, problems) =>
    written.type === 'map' ? secret.read(written, path, problems) : readText(written, path, problems),
};

const readText: Type<string>['read'] = (written, path, problems) =>
  written.type === 'list' || (written.type === 'scalar' && typeof written.value !== 'string')
    ? expected('a string or {secret: NAME}', written, { path, problems })
    : text.read(written, path, problems);

/** Environment of a command: name → text or secret. */
export const environment: Type<Readonly<Record<string, Value>>> = {
  schema: { type: 'object', propertyNames: variableName.schema, additionalProperties: value.schema },
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected('a map of names and texts', written, { path, problems });
    for (const { key, keySpan } of written.entries) {
      const why = badVariable(key);
      if (why !== undefined) problems.add(keySpan[0], { code: 'bad_value', message: `${inside(path, key)}: ${why}` });
    }
    return mapOf(value, 'names and texts').read(written, path, problems);
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
