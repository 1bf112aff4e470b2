import { OrchError } from '@orch/contracts';

/** Deeper than this is taken for a cycle. */
const maxDepth = 1_000;

/**
 * The one text of a JSON value: keys sorted by UTF-16 code unit, no spaces, numbers as `JSON.stringify` prints them,
 * everything beyond ASCII as lower-case `\uXXXX`. `JSON.parse` gives the value back.
 *
 * Throws `usage` for what JSON cannot carry or would change: undefined, NaN, infinities, bigints, functions, symbols,
 * lone surrogates, holes in arrays, objects with a class of their own, cycles and nesting beyond 1 000 levels.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case 'string':
      return quote(value);
    case 'number':
      if (!Number.isFinite(value)) throw refused(String(value));
      return String(value);
    case 'boolean':
      return value ? 'true' : 'false';
    case 'object':
      if (value === null) return 'null';
      if (depth === maxDepth) throw refused(`a cycle, or more than ${maxDepth} levels`);
      return Array.isArray(value) ? writeArray(value, depth + 1) : writeObject(value, depth + 1);
    default:
      throw refused(value === undefined ? 'undefined' : `a ${typeof value}`);
  }
}

function writeArray(array: readonly unknown[], depth: number): string {
  let text = '[';
  for (let i = 0; i < array.length; i++) {
    if (i > 0) text += ',';
    text += write(array[i], depth);
  }
  return text + ']';
}

function writeObject(object: object, depth: number): string {
  if (!isPlain(object)) throw refused(`an object of class ${classOf(object)}`);
  let text = '{';
  for (const key of Object.keys(object).sort()) {
    if (text.length > 1) text += ',';
    text += quote(key) + ':' + write((object as Record<string, unknown>)[key], depth);
  }
  return text + '}';
}

/** With no prototype, or with the root one of any realm. */
function isPlain(object: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(object);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function classOf(object: object): string {
  const { constructor } = object as { constructor?: { name?: string } };
  return constructor?.name ?? 'unknown';
}

const plainText = /^[ !#-[\]-~]*$/;
const beyondAscii = /[\u0080-\uffff]/;

function quote(text: string): string {
  if (text.length < 100 && plainText.test(text)) return `"${text}"`;
  if (!beyondAscii.test(text)) return JSON.stringify(text);
  if (!text.isWellFormed()) throw refused('a string with a lone surrogate');
  return JSON.stringify(text).replaceAll(/[\u0080-\uffff]/g, escaped);
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}

function refused(got: string): OrchError {
  return new OrchError('usage', `Expected a value that JSON can carry, got ${got}.`);
}
