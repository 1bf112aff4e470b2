import { field, record } from './read-fields.ts';
import { expected, text } from './type.ts';
import type { Type } from './type.ts';
import { variableName } from './words.ts';

/** A text, or the name of a secret of the environment that orch was started in. */
export type TextOrSecret = string | { readonly secret: string };

const secret = record(
  'a string or {secret: NAME}',
  { secret: field(variableName, 'The environment variable that holds the value when the run starts.') },
  { secret: 'the name of an environment variable' },
);

export const textOrSecret: Type<TextOrSecret> = {
  schema: { anyOf: [text.schema, secret.schema] },
  read: (written, path, problems) =>
    written.type === 'map' ? secret.read(written, path, problems) : readText(written, path, problems),
};

const readText: Type<string>['read'] = (written, path, problems) =>
  written.type === 'list' || (written.type === 'scalar' && typeof written.value !== 'string')
    ? expected('a string or {secret: NAME}', written, { path, problems })
    : text.read(written, path, problems);
