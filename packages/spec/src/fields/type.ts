import type { Json, JsonObject } from '@orch/contracts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import { describe, inside, toJson } from '../source/written.ts';
import type { Written } from '../source/written.ts';

/** Checks one written value and returns what it means; or notes what was expected, and returns undefined. */
type Read<T> = (written: Written, path: string, problems: Problems) => T | undefined;

/** A kind of value in a job: how it is read, and what JSON Schema (draft 2020-12) says of it. */
export type Type<T> = { readonly read: Read<T>; readonly schema: JsonObject };

export type At = { readonly path: string; readonly problems: Problems };

/** Notes that something else was expected. */
export function expected(what: string, written: Written, { path, problems }: At): undefined {
  if (written.type === 'unreadable') return;
  return problems.add(written.span[0], {
    code: 'wrong_type',
    message: `${path}: expected ${what}, got ${describe(written)}`,
  });
}

/** Notes a value of the right type that is not right. */
export function refuse(why: string, written: Written, { path, problems }: At): undefined {
  return problems.add(written.span[0], { code: 'bad_value', message: `${path}: ${why}` });
}

export const notBuiltYet = (path: string) => ({ code: 'not_built', message: `${path}: not built yet` }) as const;

export const text: Type<string> = {
  schema: { type: 'string' },
  read: (written, path, problems) =>
    written.type === 'scalar' && typeof written.value === 'string'
      ? written.value
      : expected('a string', written, { path, problems }),
};

/** A type whose values are refused for the reason that `why` gives. */
export const refined = <T>(base: Type<T>, why: (value: T) => string | undefined, schema: JsonObject = {}): Type<T> => ({
  schema: { ...base.schema, ...schema },
  read: (written, path, problems) => {
    const value = base.read(written, path, problems);
    if (value === undefined) return undefined;
    const reason = why(value);
    return reason === undefined ? value : refuse(reason, written, { path, problems });
  },
});

export const nonEmptyText = refined(
  text,
  (value) => (value.trim() === '' ? 'expected some text, got an empty string' : undefined),
  { pattern: '\\S' },
);

export const flag: Type<boolean> = {
  schema: { type: 'boolean' },
  read: (written, path, problems) =>
    written.type === 'scalar' && typeof written.value === 'boolean'
      ? written.value
      : expected('true or false', written, { path, problems }),
};

export const anything: Type<Json> = {
  schema: {},
  read: (written) => (written.type === 'unreadable' ? undefined : toJson(written)),
};

/** A number that `accepts`; `what` names such numbers: `a positive number`. */
export const number = (what: string, schema: JsonObject, accepts: (value: number) => boolean): Type<number> => ({
  schema: { type: 'number', ...schema },
  read: (written, path, problems) =>
    written.type === 'scalar' && typeof written.value === 'number' && accepts(written.value)
      ? written.value
      : expected(what, written, { path, problems }),
});

export const positive = number('a positive number', { exclusiveMinimum: 0 }, (value) => value > 0);
export const notNegative = number('a number of 0 or more', { minimum: 0 }, (value) => value >= 0);

export function numberFromTo(least: number, most: number): Type<number> {
  const schema = { minimum: least, maximum: most };
  return number(`a number from ${least} to ${most}`, schema, (value) => value >= least && value <= most);
}

export function wholeNumber(least: number, most = Number.MAX_SAFE_INTEGER): Type<number> {
  const isBounded = most < Number.MAX_SAFE_INTEGER;
  const what = isBounded ? `a whole number from ${least} to ${most}` : `a whole number of ${least} or more`;
  const schema = { type: 'integer', minimum: least, ...(isBounded && { maximum: most }) };
  return number(what, schema, (value) => Number.isInteger(value) && value >= least && value <= most);
}

/** One word of a closed list. */
export const oneOf = <const T extends string>(words: readonly T[]): Type<T> => ({
  schema: { enum: words },
  read: (written, path, problems) => {
    const value = written.type === 'scalar' ? written.value : undefined;
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    if (typeof value !== 'string') return expected(`one of ${words.join(', ')}`, written, { path, problems });
    const got = `expected one of ${words.join(', ')}, got ${describe(written)}${suggest(value, words)}`;
    return refuse(got, written, { path, problems });
  },
});

export const listOf = <T>(type: Type<T>, what: string, least = 0): Type<readonly T[]> => ({
  schema: { type: 'array', items: type.schema, ...(least > 0 && { minItems: least }) },
  read: (written, path, problems) => {
    if (written.type !== 'list') return expected(`a list of ${what}`, written, { path, problems });
    if (written.items.length < least)
      return refuse(`expected a list of ${what}, got an empty one`, written, { path, problems });
    return written.items.flatMap((item, index) => {
      const checked = type.read(item, inside(path, index), problems);
      return checked === undefined ? [] : [checked];
    });
  },
});

export const mapOf = <T>(type: Type<T>, what: string): Type<Readonly<Record<string, T>>> => ({
  schema: { type: 'object', additionalProperties: type.schema },
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected(`a map of ${what}`, written, { path, problems });
    return Object.fromEntries(
      written.entries.flatMap(({ key, value }) => {
        const checked = type.read(value, inside(path, key), problems);
        return checked === undefined ? [] : [[key, checked] as const];
      }),
    );
  },
});
