import type { Json, JsonObject } from '@orch/contracts';

/**
 * Whether Claude can be held to a schema and the answer still be what was asked for: an object at the root, no object
 * that is to hold what nobody named, no recursion, every part with a type
 * (https://platform.claude.com/docs/en/build-with-claude/structured-outputs#json-schema-limitations).
 */
export function isEnforceable(schema: JsonObject): boolean {
  return (
    schema['type'] === 'object' && [schema, ...definitionsIn(schema)].every(isClear) && refsEnd(schema, schema, [])
  );
}

const unsupported = ['allOf', 'not', 'patternProperties', 'prefixItems', 'unevaluatedProperties', '$dynamicRef'];
const simpleTypes: readonly Json[] = ['string', 'number', 'integer', 'boolean', 'null'];

function isClear(schema: Json | undefined): boolean {
  if (!isObject(schema) || unsupported.some((key) => key in schema)) return false;
  if (schema['$ref'] !== undefined || hasLiterals(schema)) return true;
  return hasClearForm(schema) && partsOf(schema).every(isClear);
}

function hasClearForm(schema: JsonObject): boolean {
  const { type, items, properties, anyOf, oneOf } = schema;
  if (anyOf !== undefined || oneOf !== undefined) {
    return items === undefined && properties === undefined && (anyOf === undefined || oneOf === undefined);
  }
  if (type === 'object') return canBeClosed(schema);
  if (type === 'array') return items !== undefined;
  return Array.isArray(type)
    ? type.every((one) => simpleTypes.includes(one as Json))
    : simpleTypes.includes(type ?? '');
}

function canBeClosed({ properties, additionalProperties: others, required }: JsonObject): boolean {
  const names = isObject(properties) ? Object.keys(properties) : [];
  const needed = Array.isArray(required) ? (required as readonly Json[]) : [];
  const mayClose = others === false || (others === undefined && names.length > 0);
  return mayClose && needed.every((name) => typeof name === 'string' && names.includes(name));
}

/** Whether every reference leads to a definition of the schema, and none back to where it stands. */
function refsEnd(schema: Json | undefined, root: JsonObject, path: readonly string[]): boolean {
  if (!isObject(schema)) return true;
  const { $ref: ref } = schema;
  if (typeof ref !== 'string') return partsOf(schema).every((part) => refsEnd(part, root, path));
  const [, holder = '', name = ''] = /^#\/(\$defs|definitions)\/([^/~%]+)$/.exec(ref) ?? [];
  const definition = (root[holder] as JsonObject | undefined)?.[name];
  return definition !== undefined && !path.includes(ref) && refsEnd(definition, root, [...path, ref]);
}

export const holdersOfDefinitions = ['$defs', 'definitions'] as const;

function definitionsIn(schema: JsonObject): Json[] {
  return holdersOfDefinitions.flatMap((holder) => valuesOf(schema[holder]));
}

/** The schemas that a schema is made of. */
function partsOf({ properties, items, anyOf, oneOf }: JsonObject): Json[] {
  const variants = [anyOf, oneOf].flatMap((list) => (Array.isArray(list) ? (list as Json[]) : []));
  return [...valuesOf(properties), ...(items === undefined ? [] : [items]), ...variants];
}

function valuesOf(value: Json | undefined): Json[] {
  return isObject(value) ? Object.values(value) : [];
}

/** Values that stand for themselves; their type need not be said. */
export function hasLiterals({ enum: values, const: value }: JsonObject): boolean {
  return isLiterals(values) || (value !== undefined && !isObject(value) && !Array.isArray(value));
}

function isLiterals(values: Json | undefined): boolean {
  return Array.isArray(values) && values.length > 0 && values.every((one) => typeof one !== 'object' || one === null);
}

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
