import type { Json, JsonObject } from '@orch/contracts';
import { hasLiterals, holdersOfDefinitions, isEnforceable, isObject } from './is-enforceable.ts';

/**
 * A schema as `output_config.format` takes it, adapted as the official client does: objects are closed, and what cannot
 * be enforced is told in the description. Undefined for one that Claude cannot be held to.
 */
export function toOutputFormat(schema: JsonObject): JsonObject | undefined {
  return isEnforceable(schema) ? { type: 'json_schema', schema: adapt(schema) } : undefined;
}

/** What a part of a schema became, and the keys that are spent with it. */
type Part = { readonly kept: JsonObject; readonly spent: readonly string[] };

function adapt(schema: Json): JsonObject {
  if (!isObject(schema)) return {};
  const definitions = holdersOfDefinitions.filter((holder) => holder in schema);
  const defined = Object.fromEntries(definitions.map((holder) => [holder, adaptEach(schema[holder])]));
  if (schema['$ref'] !== undefined) return { ...defined, $ref: schema['$ref'] };
  const { kept, spent } = toPart(schema);
  const isTold = new Set(['$schema', 'type', 'title', 'description', ...definitions, ...spent]);
  const rest = Object.entries(schema).filter(([key]) => !isTold.has(key));
  return { ...defined, ...kept, ...pick(schema, ['title']), ...toDescription(schema['description'], rest) };
}

function adaptEach(schemas: Json | undefined): JsonObject {
  return Object.fromEntries(Object.entries(schemas ?? {}).map(([name, schema]) => [name, adapt(schema as Json)]));
}

function toPart(schema: JsonObject): Part {
  const { type, anyOf, oneOf } = schema;
  if (hasLiterals(schema)) return keep(schema, ['enum', 'const']);
  const variants = anyOf ?? oneOf;
  if (Array.isArray(variants)) return { kept: { anyOf: variants.map(adapt) }, spent: ['anyOf', 'oneOf'] };
  if (type === 'object') return toClosed(schema);
  if (type === 'array') return toList(schema);
  return keep(schema, type === 'string' && formats.has(schema['format']) ? ['type', 'format'] : ['type']);
}

const formats: ReadonlySet<Json | undefined> = new Set(
  ['date-time', 'time', 'date', 'duration', 'email', 'hostname', 'uri', 'ipv4', 'ipv6', 'uuid'], // prettier-ignore
);

function toClosed(schema: JsonObject): Part {
  const properties = adaptEach(schema['properties']);
  const kept = { type: 'object', properties, additionalProperties: false, ...pick(schema, ['required']) };
  return { kept, spent: ['properties', 'additionalProperties', 'required'] };
}

/** Of the lengths of lists, only these can be enforced. */
function toList(schema: JsonObject): Part {
  const fewest = schema['minItems'] === 0 || schema['minItems'] === 1 ? ['minItems'] : [];
  const kept = { type: 'array', items: adapt(schema['items'] ?? null), ...pick(schema, fewest) };
  return { kept, spent: ['items', ...fewest] };
}

/** The rest is for the model to read. */
function toDescription(description: Json | undefined, rest: readonly (readonly [string, Json])[]): JsonObject {
  const notes = rest.map(([key, value]) => `${key}: ${JSON.stringify(value)}`).join(', ');
  const texts = [...(typeof description === 'string' ? [description] : []), ...(notes === '' ? [] : [`{${notes}}`])];
  return texts.length === 0 ? {} : { description: texts.join('\n\n') };
}

function keep(schema: JsonObject, keys: readonly string[]): Part {
  return { kept: pick(schema, keys), spent: keys };
}

function pick(schema: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(keys.flatMap((key) => (schema[key] === undefined ? [] : [[key, schema[key]]])));
}
