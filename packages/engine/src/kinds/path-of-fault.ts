import { canonicalJson } from '@orch/cache';
import { OrchError } from '@orch/contracts';

/** Where in a value is what JSON cannot carry, such as `.users[1].name`; empty for the value itself. */
export function pathOfFault(value: unknown): string {
  const above = new Set<unknown>();
  let path = '';
  for (let at = value; isTree(at) && !above.has(at);) {
    above.add(at);
    const found = partsOf(at).find(([, part]) => !isJson(part));
    if (found === undefined) return path;
    path += found[0];
    at = found[1];
  }
  return path;
}

function isTree(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  return Array.isArray(value) || Object.prototype.toString.call(value) === '[object Object]';
}

function partsOf(value: object): [string, unknown][] {
  if (Array.isArray(value)) return Array.from(value, (part, index) => [`[${index}]`, part]);
  return Object.entries(value).map(([key, part]) => [
    /^[A-Za-z_$][\w$]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`,
    part,
  ]);
}

function isJson(value: unknown): boolean {
  try {
    canonicalJson(value);
    return true;
  } catch (error) {
    if (OrchError.is(error)) return false;
    throw error;
  }
}
