import { suggest } from '../source/suggest.ts';
import type { Problems } from '../source/problems.ts';
import { inside } from '../source/written.ts';
import type { WrittenMap } from '../source/written.ts';
import { notBuiltYet } from './read.ts';
import type { Read } from './read.ts';

export type Shape = { readonly [field: string]: Read<unknown> };

/** What the readers of a shape return, where a field was written and right. */
export type Fields<S extends Shape> = { readonly [K in keyof S]?: S[K] extends Read<infer T> ? T : never };

type Known<S extends Shape> = {
  readonly shape: S;
  /** Fields of the job language that this version does not carry out. */
  readonly notBuilt: ReadonlySet<string>;
  /** Why a field known elsewhere does not belong here. */
  readonly misplaced?: (key: string) => string | undefined;
};

/** Reads the fields of a map, each by its reader; every other key is a problem. */
export function readFields<S extends Shape>(
  map: WrittenMap,
  known: Known<S>,
  { path, problems }: { path: string; problems: Problems },
): Fields<S> {
  const fields = map.entries.flatMap(({ key, keySpan, value }) => {
    const fieldPath = inside(path, key);
    const read = Object.hasOwn(known.shape, key) ? known.shape[key] : undefined;
    if (read === undefined) return problems.add(keySpan[0], strangeKey(key, fieldPath, known)) ?? [];
    const checked = read(value, fieldPath, problems);
    return checked === undefined ? [] : [[key, checked] as const];
  });
  return Object.fromEntries(fields) as Fields<S>;
}

function strangeKey(key: string, path: string, { shape, notBuilt, misplaced }: Known<Shape>) {
  if (notBuilt.has(key)) return notBuiltYet(path);
  const why = misplaced?.(key);
  if (why !== undefined) return { code: 'unknown_key', message: `${path}: ${why}` } as const;
  const names = [...Object.keys(shape), ...notBuilt];
  return { code: 'unknown_key', message: `${path}: unknown key${suggest(key, names)}` } as const;
}
