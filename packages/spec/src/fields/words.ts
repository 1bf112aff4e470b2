import { inside } from '../source/written.ts';
import { expected, mapOf, nonEmptyText, refuse, text } from './read.ts';
import type { Read } from './read.ts';

const ID = /^[a-z][a-z0-9_-]{0,63}$/;

/** The name of a step or a project. */
export const id: Read<string> = (written, path, problems) => {
  const value = text(written, path, problems);
  if (value === undefined || ID.test(value)) return value;
  return refuse(badId(value), written, { path, problems });
};

export const isId = (value: string): boolean => ID.test(value);

export const badId = (value: string): string =>
  `expected a name such as build_docs (a small letter, then small letters, digits, _ or -, at most 64), got ${JSON.stringify(value)}`;

/** Text that is taken as it stands: templates in it are refused, for nobody would render them. */
export const literal: Read<string> = (written, path, problems) => {
  const value = nonEmptyText(written, path, problems);
  if (value === undefined || !hasTags(value)) return value;
  return problems.add(written.span[0], { code: 'template', message: `${path}: templates are not rendered here` });
};

/** A path below or beside the folder of the job file. */
export const jobPath: Read<string> = (written, path, problems) => {
  const value = literal(written, path, problems);
  if (value === undefined || !isAbsolute(value)) return value;
  return refuse("expected a path relative to the job's folder", written, { path, problems });
};

/** A path or glob that must stay in its folder. What a template makes of it is checked when it is written. */
export const innerPath: Read<string> = (written, path, problems) => {
  const value = nonEmptyText(written, path, problems);
  if (value === undefined) return undefined;
  const why = leaves(value);
  return why === undefined ? value : refuse(why, written, { path, problems });
};

/** Why a path leaves the folder it is relative to; undefined when it stays. */
export function leaves(path: string): string | undefined {
  const outside = isAbsolute(path) || (!hasTags(path) && path.split(/[\\/]/).includes('..'));
  return outside ? `expected a path inside the project, got ${JSON.stringify(path)}` : undefined;
}

export const hasTags = (value: string): boolean => value.includes('{{') || value.includes('{%');

const isAbsolute = (path: string): boolean => /^([\\/]|[A-Za-z]:[\\/])/.test(path);

/** Environment of a command: name → text. */
export const environment: Read<Readonly<Record<string, string>>> = (written, path, problems) => {
  if (written.type !== 'map') return expected('a map of names and texts', written, { path, problems });
  for (const { key, keySpan } of written.entries) {
    const why = badVariable(key);
    if (why !== undefined) problems.add(keySpan[0], { code: 'bad_value', message: `${inside(path, key)}: ${why}` });
  }
  return mapOf(text, 'names and texts')(written, path, problems);
};

function badVariable(name: string): string | undefined {
  if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name)) return 'expected the name of an environment variable';
  return /^ORCH_V\d+$/.test(name) ? 'ORCH_V and a number is how orch hands template values to a command' : undefined;
}
