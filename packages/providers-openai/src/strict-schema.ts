import type { Json, JsonObject } from '@orch/contracts';

const unsupported = ['allOf', 'oneOf', 'not', 'if', 'dependentRequired', 'dependentSchemas', 'patternProperties'];
const holders = ['properties', '$defs', 'definitions'];

/**
 * Whether a schema keeps to the subset that OpenAI can enforce: an object at the root, every object closed and all its
 * properties required (https://platform.openai.com/docs/guides/structured-outputs). Others are sent as a wish only.
 */
export function isStrictSchema(schema: JsonObject): boolean {
  return schema['type'] === 'object' && isStrict(schema);
}

function isStrict(schema: Json | undefined): boolean {
  if (!isObject(schema) || unsupported.some((key) => key in schema)) return false;
  return isClosed(schema) && schemasIn(schema).every(isStrict);
}

function isClosed({ type, properties, required, additionalProperties }: JsonObject): boolean {
  if (type !== 'object' && properties === undefined) return true;
  const names = isObject(properties) ? Object.keys(properties) : [];
  return additionalProperties === false && names.every((name) => Array.isArray(required) && required.includes(name));
}

function schemasIn(schema: JsonObject): (Json | undefined)[] {
  const { items, anyOf } = schema;
  const named = holders.flatMap((key) => (isObject(schema[key]) ? Object.values(schema[key]) : []));
  return [...named, ...(items === undefined ? [] : [items]), ...(Array.isArray(anyOf) ? (anyOf as Json[]) : [])];
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
