/** Where reading stopped, and what JSON wants there instead when the value is not whole. */
export type JsonScan = {
  readonly end: number;
  readonly fault?: string;
  /** Whether a key or a comma was read: what breaks off behind one was meant as JSON. */
  readonly isMeant: boolean;
  /** Whether it breaks off at what other notations allow there: names without double quotes, comments, a missing value. */
  readonly isAlmost: boolean;
  /** Where a comma stands before a closing bracket, as models write them: JSON has none there. */
  readonly extraCommas: readonly number[];
};

/** Deeper values would overflow the stack of those who print or check them. */
const deepest = 500;
const tooDeep = `at most ${deepest} brackets inside each other`;

/** What may stand next; `end`: a comma or the closing bracket. */
type Expected = 'value' | 'value or ]' | 'key or }' | 'colon' | 'end';

/** By what may stand next: what stands there in objects and lists of other notations (JavaScript, Python, JSON5). */
const almost: Readonly<Partial<Record<Expected, RegExp>>> = {
  'key or }': /^(?:,|\/[/*]|'[^'\n]*'\s*:|[\w$-]+\s*:)/,
  'value or ]': /^(?:,|\/[/*]|'[^'\n]*'\s*[,\]])/,
};

/** So much of a text is looked at. */
const longestName = 200;

type Token = { readonly at: number; readonly expected: Expected };
type Fault = { readonly at: number; readonly fault: string };

/**
 * Reads the JSON object or array that starts at `start` (RFC 8259, but for commas before closing brackets), up to the
 * first character that does not fit.
 */
export function scanJson(text: string, start: number): JsonScan {
  const closing: string[] = [];
  const extraCommas: number[] = [];
  let expected: Expected = 'value';
  let isMeant = false;
  let comma: number | undefined;
  for (let at = start; ;) {
    const from = blanksEnd(text, at);
    const depth = closing.length;
    const token = takeToken(text, from, { expected, closing });
    if ('fault' in token) {
      const isAlmost = almost[expected]?.test(text.slice(token.at, token.at + longestName)) ?? false;
      return { end: token.at, fault: token.fault, isMeant, isAlmost, extraCommas };
    }
    if (comma !== undefined && closing.length < depth) extraCommas.push(comma);
    const whole = { end: token.at, isAlmost: false, extraCommas };
    if (closing.length === 0) return { ...whole, isMeant };
    if (closing.length > deepest) return { ...whole, fault: tooDeep, isMeant: true };
    isMeant ||= token.expected !== 'end' && (expected === 'colon' || expected === 'end');
    comma = expected === 'end' && token.expected !== 'end' ? from : undefined;
    ({ at, expected } = token);
  }
}

function takeToken(text: string, at: number, inside: { expected: Expected; closing: string[] }): Token | Fault {
  const { expected, closing } = inside;
  const top = closing.at(-1);
  if (top !== undefined && text[at] === top && mayClose(expected)) {
    closing.pop();
    return { at: at + 1, expected: 'end' };
  }
  if (expected === 'colon') return text[at] === ':' ? { at: at + 1, expected: 'value' } : { at, fault: '":"' };
  if (expected === 'end') {
    const next = top === '}' ? 'key or }' : 'value or ]';
    return text[at] === ',' ? { at: at + 1, expected: next } : { at, fault: `"," or "${top}"` };
  }
  if (expected === 'value' || expected === 'value or ]') return takeValue(text, at, closing);
  return text[at] === '"' ? takeString(text, at, 'colon') : { at, fault: 'a key in double quotes' };
}

function mayClose(expected: Expected): boolean {
  return expected === 'end' || expected === 'value or ]' || expected === 'key or }';
}

const plain = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?)(?![\w.+-])/y;

function takeValue(text: string, at: number, closing: string[]): Token | Fault {
  if (text[at] === '"') return takeString(text, at, 'end');
  if (text[at] === '{' || text[at] === '[') {
    const isObject = text[at] === '{';
    closing.push(isObject ? '}' : ']');
    return { at: at + 1, expected: isObject ? 'key or }' : 'value or ]' };
  }
  plain.lastIndex = at;
  return plain.test(text) ? { at: plain.lastIndex, expected: 'end' } : { at, fault: 'a value' };
}

/** By hand: an expression may run out of stack over a long string. */
function takeString(text: string, start: number, expected: Expected): Token | Fault {
  for (let at = start + 1; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x22) return { at: at + 1, expected };
    if (char < 0x20) return { at, fault: 'an escaped control character in a string' };
    if (char !== 0x5c) continue;
    const end = escapeEnd(text, at);
    if (end === undefined) return { at, fault: 'an escape that JSON knows' };
    at = end - 1;
  }
  return { at: text.length, fault: 'the end of a string' };
}

const escape = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;

function escapeEnd(text: string, at: number): number | undefined {
  escape.lastIndex = at;
  return escape.test(text) ? escape.lastIndex : undefined;
}

function blanksEnd(text: string, at: number): number {
  let end = at;
  while (text[end] === ' ' || text[end] === '\n' || text[end] === '\r' || text[end] === '\t') end++;
  return end;
}
