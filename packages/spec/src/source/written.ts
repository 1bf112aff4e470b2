import type { Json, JsonObject } from '@orch/contracts';
import type { Source, Span } from './source.ts';

/** A value as it was written, with its place, before anything is known of its meaning. */
export type Written = WrittenMap | WrittenList | WrittenScalar | Unreadable;

export type WrittenMap = { readonly type: 'map'; readonly span: Span; readonly entries: readonly Entry[] };
type WrittenList = { readonly type: 'list'; readonly span: Span; readonly items: readonly Written[] };
type WrittenScalar = {
  readonly type: 'scalar';
  readonly span: Span;
  readonly value: string | number | boolean | null;
};
/** Its problem is already noted: whoever meets it stays silent. */
export type Unreadable = { readonly type: 'unreadable'; readonly span: Span };

export type Entry = {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Written;
  /** For what was not written in the map itself, but somewhere else for it: its place there. */
  readonly origin?: Origin;
};

type Origin = { readonly path: string; readonly source: Source };

export function toJson(written: Written): Json {
  switch (written.type) {
    case 'scalar':
      return written.value;
    case 'list':
      return written.items.map(toJson);
    case 'map':
      return mapToJson(written);
    case 'unreadable':
      return null;
  }
}

/** The path of an entry of a map, as a person finds it. */
export const pathOf = (path: string, { key, origin }: Entry): string => origin?.path ?? inside(path, key);

export const entryOf = (written: Written | undefined, key: string): Entry | undefined =>
  written?.type === 'map' ? written.entries.find((entry) => entry.key === key) : undefined;

export function mapToJson(map: WrittenMap): JsonObject {
  return Object.fromEntries(map.entries.map(({ key, value }) => [key, toJson(value)]));
}

/** What came instead, for messages: `"soon" (string)`, `a map`. */
export function describe(written: Written): string {
  if (written.type !== 'scalar') return `a ${written.type}`;
  const { value } = written;
  if (value === null) return 'nothing (null)';
  const shown = JSON.stringify(value);
  return `${shown.length > 60 ? `${shown.slice(0, 57)}…"` : shown} (${typeof value})`;
}

/** The path of a field inside another: `steps.review`, `vars["a b"]`. */
export function inside(path: string, key: string | number): string {
  if (typeof key === 'number') return `${path}[${key}]`;
  if (!/^[\w$-]+$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === '' ? key : `${path}.${key}`;
}
