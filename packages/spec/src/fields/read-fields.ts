import type { Json, JsonObject } from '@orch/contracts';
import { suggest } from '../source/suggest.ts';
import { describe, inside, pathOf } from '../source/written.ts';
import type { Entry, WrittenMap } from '../source/written.ts';
import { anything, expected, notBuiltYet } from './type.ts';
import type { At, Type } from './type.ts';

/** How templates in a field are rendered: its texts, one shell line, or its texts and the keys of its map. */
type Templates = 'text' | 'command' | 'keys_too';

/** A field of the job language. */
export type Field<T = unknown> = Type<T> & {
  /** What it means, for people who hover over it. */
  readonly about: string;
  /** What holds when it is not written. */
  readonly default?: Json;
  /** Absent: the field is taken as it stands. */
  readonly templates?: Templates;
};

export const field = <T>(
  { read, schema }: Type<T>,
  about: string,
  more: { readonly default?: Json; readonly templates?: Templates } = {},
): Field<T> => ({ read, schema, about, ...more });

export type Shape = { readonly [field: string]: Field };

/** What the readers of a shape return, where a field was written and right. */
export type Fields<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Field<infer T> ? T : never };

type Known<S extends Shape> = {
  readonly shape: S;
  /** Fields of the job language that this version does not carry out. */
  readonly notBuilt?: ReadonlySet<string>;
  /** Why a field known elsewhere does not belong here. */
  readonly misplaced?: (key: string) => string | undefined;
  /** Any other field is taken as it stands. */
  readonly isOpen?: boolean;
};

/** Reads the fields of a map, each by its reader; every other key is a problem. */
export function readFields<S extends Shape>(map: WrittenMap, known: Known<S>, { path, problems }: At): Fields<S> {
  const fields = map.entries.flatMap((entry) => {
    const at = { path: pathOf(path, entry), problems: problems.of(entry) };
    const checked = readField(entry, known, at);
    return checked === undefined ? [] : [[entry.key, checked] as const];
  });
  return Object.fromEntries(fields) as Fields<S>;
}

function readField({ key, keySpan, value }: Entry, known: Known<Shape>, { path, problems }: At): unknown {
  const type = Object.hasOwn(known.shape, key) ? known.shape[key] : undefined;
  if (type !== undefined) return type.read(value, path, problems);
  if (known.isOpen === true && known.notBuilt?.has(key) !== true) return anything.read(value, path, problems);
  return problems.add(keySpan[0], strangeKey(key, path, known));
}

function strangeKey(key: string, path: string, { shape, notBuilt, misplaced }: Known<Shape>) {
  if (notBuilt?.has(key) === true) return notBuiltYet(path);
  const why = misplaced?.(key);
  if (why !== undefined) return { code: 'unknown_key', message: `${path}: ${why}` } as const;
  const names = [...Object.keys(shape), ...(notBuilt ?? [])];
  return { code: 'unknown_key', message: `${path}: unknown key${suggest(key, names)}` } as const;
}

/** What JSON Schema says of a map with these fields and no others. */
export function shapeSchema(shape: Shape, required: readonly string[] = []): JsonObject {
  const properties = Object.entries(shape).map(([name, each]) => [name, fieldSchema(each)] as const);
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    ...(required.length > 0 && { required }),
    additionalProperties: false,
  };
}

export function fieldSchema({ schema, about, default: fallback }: Field): JsonObject {
  return { description: about, ...schema, ...(fallback !== undefined && { default: fallback }) };
}

/** A map with the fields of a shape. `required` says what is expected of those that must be there: `{ that: 'a condition' }`. */
export const record = <S extends Shape, K extends keyof S & string>(
  what: string,
  shape: S,
  required: Readonly<Record<K, string>>,
  notBuilt?: ReadonlySet<string>,
): Type<Fields<S> & { readonly [N in K]: NonNullable<Fields<S>[N]> }> => ({
  schema: shapeSchema(shape, Object.keys(required)),
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected(what, written, { path, problems });
    const fields = readFields(written, { shape, ...(notBuilt && { notBuilt }) }, { path, problems });
    for (const [key, wanted] of Object.entries<string>(required)) {
      if (written.entries.some((entry) => entry.key === key)) continue;
      const message = `${inside(path, key)}: expected ${wanted}, got ${describe(written)} without it`;
      problems.add(written.span[0], { code: 'missing', message });
    }
    const isWhole = Object.keys(required).every((key) => fields[key] !== undefined);
    return isWhole ? (fields as Fields<S> & { readonly [N in K]: NonNullable<Fields<S>[N]> }) : undefined;
  },
});
