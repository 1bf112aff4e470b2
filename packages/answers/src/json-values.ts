import type { Json } from '@orch/contracts';
import { onlyBlock } from './blocks.ts';
import { scanJson } from './scan-json.ts';

type Found = { readonly value: Json; readonly size: number };

/** Values beyond the largest are not what was asked for; so many are looked at. */
const most = 20;

/** Every character of a text may be read so often, in search of a value that starts at another bracket. */
const readings = 8;

/** The JSON values in a text, the largest first: objects and arrays anywhere, or one other value that is all of it. */
export function jsonValues(text: string): Json[] {
  const found = bracketed(text);
  if (found.length === 0) return scalar(text);
  const largest = found.toSorted((a, b) => b.size - a.size).slice(0, most);
  return largest.map(({ value }) => value);
}

function bracketed(text: string): Found[] {
  const found: Found[] = [];
  const bracket = /[{[]/g;
  let budget = readings * text.length;
  for (let match = bracket.exec(text); match !== null && budget > 0; match = bracket.exec(text)) {
    const { end, json } = scanJson(text, match.index);
    budget -= end - match.index;
    const value = json === undefined ? undefined : parsed(json);
    if (value === undefined) continue;
    found.push({ value, size: end - match.index });
    bracket.lastIndex = end;
  }
  return found;
}

/** A string, number, boolean or null that is the whole text or all of its one fenced block. */
function scalar(text: string): Json[] {
  const inside = onlyBlock(text.split(/\r?\n/))?.lines.join('\n') ?? text;
  const value = /^\s*[[{]/.test(inside) ? undefined : parsed(inside);
  return value === undefined ? [] : [value];
}

/** Half of a surrogate pair, which no UTF-8 can carry, becomes U+FFFD. */
function parsed(text: string): Json | undefined {
  const wellFormed = (_key: string, value: Json) => (typeof value === 'string' ? value.toWellFormed() : value);
  try {
    return JSON.parse(text, /\\u[dD][89a-fA-F]/.test(text) ? wellFormed : undefined) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
