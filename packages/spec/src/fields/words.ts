import { expected, nonEmptyText, refined, refuse, text } from './type.ts';
import type { Type } from './type.ts';

const ID = /^[a-z][a-z0-9_-]{0,63}$/;

export const isId = (value: string): boolean => ID.test(value);

export const badId = (value: string): string =>
  `expected a name such as build_docs (a small letter, then small letters, digits, _ or -, at most 64), got ${JSON.stringify(value)}`;

/** The name of a step or a project. */
export const id = refined(text, (value) => (isId(value) ? undefined : badId(value)), { pattern: ID.source });

/** Text that is taken as it stands: templates in it are refused, for nobody would render them. */
export const literal: Type<string> = {
  schema: nonEmptyText.schema,
  read: (written, path, problems) => {
    const value = nonEmptyText.read(written, path, problems);
    if (value === undefined || !hasTags(value)) return value;
    const hint = 'write it out: this is read before anything runs, and no value is known then';
    return problems.add(written.span[0], {
      code: 'template',
      message: `${path}: templates are not rendered here`,
      hint,
    });
  },
};

/** A path below or beside the folder of the job file. */
export const jobPath = refined(literal, relativeOnly);

function relativeOnly(value: string): string | undefined {
  return isAbsolute(value) ? "expected a path relative to the job's folder" : undefined;
}

/** A path or glob that must stay in its folder. What a template makes of it is checked when it is used. */
export const innerPath = refined(nonEmptyText, leaves);

/** Why a path leaves the folder it is relative to; undefined when it stays. */
export function leaves(path: string): string | undefined {
  const around = path.replace(/\{\{.*?\}\}|\{%.*?%\}/gs, 'x');
  const outside = isAbsolute(path) || around.split(/[\\/]/).includes('..');
  return outside ? `expected a path inside the project, got ${JSON.stringify(path)}` : undefined;
}

export const hasTags = (value: string): boolean => value.includes('{{') || value.includes('{%');

const isAbsolute = (path: string): boolean => /^([\\/]|[A-Za-z]:[\\/])/.test(path);

const VARIABLE = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** The name of an environment variable. */
export const variableName = refined(
  text,
  (value) =>
    VARIABLE.test(value) ? undefined : `expected the name of an environment variable, got ${JSON.stringify(value)}`,
  { pattern: VARIABLE.source },
);

/** A list of texts in which none stands twice. */
export const uniqueTexts = (each: Type<string>, what: string, least = 0): Type<readonly string[]> => ({
  schema: { type: 'array', items: each.schema, uniqueItems: true, ...(least > 0 && { minItems: least }) },
  read: (written, path, problems) => {
    if (written.type !== 'list') return expected(`a list of ${what}`, written, { path, problems });
    if (written.items.length < least) {
      return refuse(`expected a list of ${what}, got an empty one`, written, { path, problems });
    }
    const seen = new Set<string>();
    for (const [index, item] of written.items.entries()) {
      const value = each.read(item, `${path}[${index}]`, problems);
      if (value === undefined) continue;
      if (seen.has(value)) {
        const message = `${path}[${index}]: ${JSON.stringify(value)} a second time`;
        problems.add(item.span[0], { code: 'duplicate_key', message });
      }
      seen.add(value);
    }
    return [...seen];
  },
});
