import type { Json } from '@orch/contracts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import { describe, inside, toJson } from '../source/written.ts';
import type { Written } from '../source/written.ts';

/** Checks one written value and returns what it means; or notes what was expected, and returns undefined. */
export type Read<T> = (written: Written, path: string, problems: Problems) => T | undefined;

/** Notes that something else was expected. */
export function expected(
  what: string,
  written: Written,
  { path, problems }: { path: string; problems: Problems },
): undefined {
  if (written.type === 'unreadable') return;
  return problems.add(written.span[0], {
    code: 'wrong_type',
    message: `${path}: expected ${what}, got ${describe(written)}`,
  });
}

export const text: Read<string> = (written, path, problems) =>
  written.type === 'scalar' && typeof written.value === 'string'
    ? written.value
    : expected('a string', written, { path, problems });

export const nonEmptyText: Read<string> = (written, path, problems) => {
  const value = text(written, path, problems);
  return value === undefined || value.trim() !== ''
    ? value
    : refuse('expected some text, got an empty string', written, { path, problems });
};

export const flag: Read<boolean> = (written, path, problems) =>
  written.type === 'scalar' && typeof written.value === 'boolean'
    ? written.value
    : expected('true or false', written, { path, problems });

export const anything: Read<Json> = (written) => (written.type === 'unreadable' ? undefined : toJson(written));

/** A number that `accepts`; `what` names such numbers: `a positive number`. */
export const number =
  (what: string, accepts: (value: number) => boolean): Read<number> =>
  (written, path, problems) =>
    written.type === 'scalar' && typeof written.value === 'number' && accepts(written.value)
      ? written.value
      : expected(what, written, { path, problems });

export const positive = number('a positive number', (value) => value > 0);
export const notNegative = number('a number of 0 or more', (value) => value >= 0);
export const wholeNumber = (least: number, most = Number.MAX_SAFE_INTEGER): Read<number> =>
  number(
    most === Number.MAX_SAFE_INTEGER ? `a whole number of ${least} or more` : `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && value >= least && value <= most,
  );

/** One word of a closed list. Words of `notBuilt` belong to the job language, but not to this version. */
export const oneOf =
  <T extends string>(words: readonly T[], notBuilt: readonly string[] = []): Read<T> =>
  (written, path, problems) => {
    const value = written.type === 'scalar' ? written.value : undefined;
    const word = words.find((each) => each === value);
    if (word !== undefined) return word;
    if (typeof value !== 'string') return expected(`one of ${words.join(', ')}`, written, { path, problems });
    if (notBuilt.includes(value)) return problems.add(written.span[0], notBuiltYet(`${path}: ${value}`));
    const got = `expected one of ${words.join(', ')}, got ${describe(written)}${suggest(value, words)}`;
    return refuse(got, written, { path, problems });
  };

export const listOf =
  <T>(read: Read<T>, what: string): Read<readonly T[]> =>
  (written, path, problems) => {
    if (written.type !== 'list') return expected(`a list of ${what}`, written, { path, problems });
    return written.items.flatMap((item, index) => {
      const checked = read(item, inside(path, index), problems);
      return checked === undefined ? [] : [checked];
    });
  };

export const mapOf =
  <T>(read: Read<T>, what: string): Read<Readonly<Record<string, T>>> =>
  (written, path, problems) => {
    if (written.type !== 'map') return expected(`a map of ${what}`, written, { path, problems });
    return Object.fromEntries(
      written.entries.flatMap(({ key, value }) => {
        const checked = read(value, inside(path, key), problems);
        return checked === undefined ? [] : [[key, checked] as const];
      }),
    );
  };

/** Notes a value of the right type that is not right. */
export function refuse(
  why: string,
  written: Written,
  { path, problems }: { path: string; problems: Problems },
): undefined {
  return problems.add(written.span[0], { code: 'bad_value', message: `${path}: ${why}` });
}

export const notBuiltYet = (path: string) => ({ code: 'not_built', message: `${path}: not built yet` }) as const;
