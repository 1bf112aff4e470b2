import type { Json, JsonObject } from '@orch/contracts';

/** How deep an optional wish is followed before a recursive schema is cut off. */
const maxDepth = 16;

/**
 * The smallest value that fits a JSON Schema: required properties, the fewest items, the first of several branches.
 * Follows local `$ref`s. Patterns and formats are not looked at.
 */
export function minimalInstance(schema: JsonObject): Json {
  return instance(schema, { root: schema, depth: 0 });
}

type Place = { readonly root: JsonObject; readonly depth: number };

function instance(wanted: Json | undefined, { root, depth }: Place): Json {
  if (!isObject(wanted) || depth > maxDepth) return null;
  const place = { root, depth: depth + 1 };
  const schema = merged(wanted);
  const { $ref, const: constant, enum: choices } = schema;
  if (typeof $ref === 'string') return instance(resolve(root, $ref), place);
  if (constant !== undefined) return constant;
  if (Array.isArray(choices)) return (choices as Json[])[0] ?? null;
  const branch = firstOf(schema['anyOf']) ?? firstOf(schema['oneOf']);
  if (branch !== undefined) return instance(branch, place);
  return byType[typeOf(schema)]?.(schema, place) ?? null;
}

const byType: Readonly<Record<string, (schema: JsonObject, place: Place) => Json>> = {
  object: ({ properties, required }, place) => {
    const known = isObject(properties) ? properties : {};
    const names = Array.isArray(required) ? (required as string[]) : [];
    return Object.fromEntries(names.map((name) => [name, instance(known[name] ?? {}, place)]));
  },
  array: ({ items, prefixItems, minItems }, place) => {
    const first = Array.isArray(prefixItems) ? (prefixItems as Json[]) : [];
    const length = Math.max(amount(minItems), first.length);
    return Array.from({ length }, (_, at) => instance(first[at] ?? items ?? {}, place));
  },
  string: ({ minLength, maxLength }) => {
    const text = 'echo'.padEnd(amount(minLength), '.');
    return typeof maxLength === 'number' ? text.slice(0, maxLength) : text;
  },
  number: (schema) => lowest(schema, 0.5),
  integer: (schema) => lowest(schema, 1),
  boolean: () => false,
  null: () => null,
};

function typeOf({ type, properties, items, prefixItems }: JsonObject): string {
  const first = Array.isArray(type) ? (type as Json[])[0] : type;
  if (typeof first === 'string') return first;
  if (properties !== undefined) return 'object';
  return items !== undefined || prefixItems !== undefined ? 'array' : 'null';
}

/** The number nearest to 0 that the bounds allow; `step` leaves an excluded bound. */
function lowest(schema: JsonObject, step: number): number {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const least = Math.max(amount(minimum, -Infinity), amount(exclusiveMinimum, -Infinity) + step);
  const most = Math.min(amount(maximum, Infinity), amount(exclusiveMaximum, Infinity) - step);
  const nearest = Math.min(Math.max(0, least), most);
  const unit = amount(multipleOf, schema['type'] === 'integer' ? 1 : 0);
  return unit === 0 ? nearest : (nearest < 0 ? Math.floor : Math.ceil)(nearest / unit) * unit;
}

function merged(schema: JsonObject): JsonObject {
  const { allOf, ...own } = schema;
  if (!Array.isArray(allOf)) return schema;
  return (allOf as Json[]).filter(isObject).reduce<JsonObject>(join, own);
}

function join(a: JsonObject, b: JsonObject): JsonObject {
  const required = [a, b].flatMap((schema) =>
    Array.isArray(schema['required']) ? (schema['required'] as string[]) : [],
  );
  const properties = Object.assign({}, a['properties'], b['properties']) as JsonObject;
  return { ...a, ...b, properties, required };
}

/** `#`, or a JSON Pointer after it (RFC 6901). */
function resolve(root: JsonObject, ref: string): Json | undefined {
  if (!ref.startsWith('#')) return undefined;
  const names = ref.slice(1).split('/').slice(1);
  const plain = names.map((name) => decodeURIComponent(name).replaceAll('~1', '/').replaceAll('~0', '~'));
  return plain.reduce<Json | undefined>((value, name) => (isObject(value) ? value[name] : undefined), root);
}

function firstOf(branches: Json | undefined): Json | undefined {
  return Array.isArray(branches) ? (branches as Json[])[0] : undefined;
}

function amount(value: Json | undefined, otherwise = 0): number {
  return typeof value === 'number' ? value : otherwise;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
