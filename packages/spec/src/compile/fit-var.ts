import { err, ok } from '@orch/contracts';
import type { Json, Result } from '@orch/contracts';

/**
 * A value for a variable, as its default wants it: text for a boolean, number, list or map is read as JSON of that type.
 * The error says what was expected. A default of null, or none, takes anything.
 */
export function fitVar(value: Json, byDefault: Json | undefined): Result<Json, string> {
  const wanted = typeOf(byDefault);
  if (wanted === undefined || typeOf(value) === wanted) return ok(value);
  const read = typeof value === 'string' ? parsed(value) : undefined;
  if (typeOf(read) === wanted) return ok(read!);
  return err(`expected ${words[wanted]}, as the job's default ${short(byDefault!)} says`);
}

/** The same for a value that keeps its type. */
export function fitTyped(value: Json, byDefault: Json | undefined): Result<Json, string> {
  const wanted = typeOf(byDefault);
  if (typeof value !== 'string' || wanted === undefined || wanted === 'text') return fitVar(value, byDefault);
  return err(`expected ${words[wanted]}, as the default ${short(byDefault!)} says, got text`);
}

type VarType = 'text' | 'boolean' | 'number' | 'list' | 'map';

const words: Readonly<Record<VarType, string>> = {
  text: 'text',
  boolean: 'true or false',
  number: 'a number',
  list: 'a list in JSON',
  map: 'a map in JSON',
};

function typeOf(value: Json | undefined): VarType | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'string') return 'text';
  if (typeof value === 'object') return Array.isArray(value) ? 'list' : 'map';
  return typeof value === 'boolean' ? 'boolean' : 'number';
}

function parsed(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function short(value: Json): string {
  const text = JSON.stringify(value);
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
