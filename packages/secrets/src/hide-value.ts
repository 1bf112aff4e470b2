import type { Hider } from '@orch/contracts';
import { hidesNothing } from './no-secrets.ts';

/**
 * Plain data with every text in it hidden, names of fields too; the very same where there is nothing to hide. What is
 * neither text, list nor plain object stays as it is, numbers too.
 */
export function hideValue<T>(value: T, hider: Pick<Hider, 'text'>): T {
  return hidesNothing(hider) ? value : (hidden(value, hider) as T);
}

function hidden(value: unknown, hider: Pick<Hider, 'text'>): unknown {
  if (typeof value === 'string') return hider.text(value);
  if (Array.isArray(value)) {
    const items = value.map((item: unknown) => hidden(item, hider));
    return items.every((item, at) => item === value[at]) ? value : items;
  }
  if (!isPlain(value)) return value;
  const before = Object.entries(value);
  const after = before.map(([name, inner]) => [hider.text(name), hidden(inner, hider)] as const);
  const isSame = after.every(([name, inner], at) => name === before[at]?.[0] && inner === before[at][1]);
  return isSame ? value : Object.fromEntries(after);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}
