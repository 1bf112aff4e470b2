import type { Json } from '@orch/contracts';
import { linesOf } from './answer-text.ts';
import { onlyBlock } from './blocks.ts';
import { scanJson } from './scan-json.ts';

/** What starts at a bracket, whole or broken. */
type Found = { readonly start: number; readonly end: number };
type Whole = Found & { readonly extraCommas: readonly number[] };
type Broken = Found & BrokenJson & { readonly isMeant: boolean };

/** Where JSON breaks off, and what it wants there. */
export type BrokenJson = { readonly at: number; readonly fault: string };

export type JsonValues = {
  /** The largest first. Empty when the largest thing that was meant as JSON is broken. */
  readonly values: readonly Json[];
  readonly broken?: BrokenJson | undefined;
};

/** Values beyond the largest are not what was asked for; so many are looked at. */
const most = 20;

/** Every character of a text may be read so often, in search of a value that starts at another bracket. */
const readings = 8;

/**
 * The JSON values in a text: objects and arrays anywhere, or one other value that is all of it. What stands inside a
 * broken value is none: half of an answer is not the answer. In time proportional to the text.
 */
export function jsonValues(text: string): JsonValues {
  const { whole, broken } = bracketed(text);
  if (whole.length === 0 && broken === undefined) return { values: scalar(text) };
  const largest = whole.toSorted((a, b) => sizeOf(b) - sizeOf(a)).slice(0, most);
  const smallest = broken?.isMeant === true ? sizeOf(broken) : 0;
  const counted = largest.filter((found) => sizeOf(found) >= smallest);
  return { values: counted.map((found) => parsed(textOf(text, found))), broken };
}

/** As JSON has it. */
function textOf(text: string, { start, end, extraCommas }: Whole): string {
  let said = '';
  let from = start;
  for (const comma of extraCommas) {
    said += text.slice(from, comma);
    from = comma + 1;
  }
  return said + text.slice(from, end);
}

function bracketed(text: string): { whole: Whole[]; broken: Broken | undefined } {
  const whole: Whole[] = [];
  let broken: Broken | undefined;
  const bracket = /[{[]/g;
  let budget = readings * text.length;
  for (let match = bracket.exec(text); match !== null; match = bracket.exec(text)) {
    const start = match.index;
    const { end, fault, isMeant, isAlmost, extraCommas } = scanJson(text, start);
    budget -= end - start;
    if (fault === undefined) {
      whole.push({ start, end, extraCommas });
      bracket.lastIndex = end;
      continue;
    }
    const isSkipped = isMeant || isAlmost;
    const found = { start, end: isSkipped ? looseEnd(text, start) : end, at: end, fault, isMeant };
    if (isSkipped || budget < 0) bracket.lastIndex = Math.max(found.end, start + 1);
    if (broken === undefined || outranks(found, broken)) broken = found;
  }
  return { whole, broken };
}

/** Where the brackets of a broken value are closed, whatever stands between them. */
function looseEnd(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const char = text[at];
    if (char === '"') at = stringEnd(text, at);
    else if (char === '{' || char === '[') depth++;
    else if ((char === '}' || char === ']') && --depth === 0) return at + 1;
  }
  return text.length;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at++;
  }
  return text.length;
}

function outranks(found: Broken, other: Broken): boolean {
  return found.isMeant === other.isMeant ? sizeOf(found) > sizeOf(other) : found.isMeant;
}

function sizeOf({ start, end }: Found): number {
  return end - start;
}

/** A string, number, boolean or null that is the whole text or all of its one fenced block. */
function scalar(text: string): Json[] {
  const inside = onlyBlock(linesOf(text))?.lines.join('\n') ?? text;
  try {
    return [parsed(inside)];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

/** Half of a surrogate pair, which no UTF-8 can carry, becomes U+FFFD. */
function parsed(text: string): Json {
  const wellFormed = (_key: string, value: Json) => (typeof value === 'string' ? value.toWellFormed() : value);
  return JSON.parse(text, /\\u[dD][89a-fA-F]/.test(text) ? wellFormed : undefined) as Json;
}
