import { isMap } from 'yaml';
import type { Problem } from './problems.ts';

/** `{{ a }}` without quotes is, to YAML, a map whose only key is a map. */
export function isUnquotedTemplate(node: unknown): boolean {
  if (!isMap(node) || node.flow !== true || node.items.length !== 1) return false;
  const key = node.items[0]?.key;
  return isMap(key) && key.flow === true;
}

export function unquotedTemplate(path: string): Problem {
  return {
    code: 'template',
    message: `${path === '' ? '' : `${path}: `}without quotes, {{ … }} and {% … %} are YAML for something else`,
    hint: 'put the whole value in quotes, or below a | on lines of its own',
  };
}
