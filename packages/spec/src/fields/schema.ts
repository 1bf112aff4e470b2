import type { JsonObject } from '@orch/contracts';
import { suggest } from '../source/suggest.ts';
import type { Problems } from '../source/problems.ts';
import { describe, inside, mapToJson } from '../source/written.ts';
import type { Written, WrittenMap } from '../source/written.ts';
import { expected, refuse } from './type.ts';
import type { Type } from './type.ts';
import { jobPath } from './words.ts';

/** A path of a file with a schema in it, or the schema. */
export const schemaOrFile: Type<string | JsonObject> = {
  schema: { anyOf: [jobPath.schema, { type: 'object', minProperties: 1 }] },
  read: (written, path, problems) => {
    if (written.type === 'scalar' && typeof written.value === 'string') return jobPath.read(written, path, problems);
    if (written.type === 'map') return readSchema(written, path, problems);
    return expected('a JSON Schema, its shorthand, or a file', written, { path, problems });
  },
};

/** A JSON Schema as it stands, or the one that a shorthand such as `{title: string, tags: [string]}` means. */
export function readSchema(written: WrittenMap, path: string, problems: Problems): JsonObject | undefined {
  return isJsonSchema(written) ? mapToJson(written) : objectOf(written, path, problems);
}

/** Told from the shorthand by what only a JSON Schema has: `type: object`, `properties`, `anyOf` …, `$ref`, `$schema`. */
export function isJsonSchema({ entries }: WrittenMap): boolean {
  return entries.some(({ key, value }) => {
    if (key === '$schema' || key === '$ref') return true;
    if (key === 'type') return value.type === 'list' || (value.type === 'scalar' && isContainer(value.value));
    if (key === 'properties') return value.type === 'map';
    return ['anyOf', 'oneOf', 'allOf'].includes(key) && value.type === 'list';
  });
}

const isContainer = (value: unknown): boolean => value === 'object' || value === 'array';

const types: { readonly [word: string]: JsonObject } = {
  string: { type: 'string' },
  number: { type: 'number' },
  integer: { type: 'integer' },
  boolean: { type: 'boolean' },
  null: { type: 'null' },
  any: {},
};

function objectOf(written: WrittenMap, path: string, problems: Problems): JsonObject | undefined {
  const properties = written.entries.flatMap(({ key, value }) => {
    const meaning = typeOf(value, inside(path, key), problems);
    return meaning === undefined ? [] : [[key, meaning] as const];
  });
  if (properties.length < written.entries.length) return undefined;
  if (properties.length === 0) return refuse('expected at least one field', written, { path, problems });
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    required: properties.map(([key]) => key),
    additionalProperties: false,
  };
}

function typeOf(written: Written, path: string, problems: Problems): JsonObject | undefined {
  if (written.type === 'map') return objectOf(written, path, problems);
  if (written.type === 'list') return arrayOf(written, path, problems);
  if (written.type === 'unreadable') return undefined;
  const word = written.value === null ? 'null' : written.value;
  if (typeof word === 'string' && Object.hasOwn(types, word)) return types[word];
  const known = Object.keys(types);
  return problems.add(written.span[0], {
    code: 'bad_schema',
    message: `${path}: expected one of ${known.join(', ')}, a list of one of them, or a map, got ${describe(written)}${suggest(String(word), known)}`,
    hint: 'a full JSON Schema starts with type: object',
  });
}

function arrayOf(written: Written & { type: 'list' }, path: string, problems: Problems): JsonObject | undefined {
  const [only, ...others] = written.items;
  if (only === undefined || others.length > 0) {
    const got = written.items.length === 0 ? 'none' : String(written.items.length);
    return problems.add(written.span[0], {
      code: 'bad_schema',
      message: `${path}: expected a list of one type, such as [string], got ${got}`,
    });
  }
  const items = typeOf(only, inside(path, 0), problems);
  return items === undefined ? undefined : { type: 'array', items };
}
