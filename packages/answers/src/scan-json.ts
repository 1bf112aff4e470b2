/** Where reading stopped, and the strict JSON text of the value when it was whole. */
export type JsonScan = { readonly end: number; readonly json?: string };

/** Deeper values would overflow the stack of those who print or check them. */
const deepest = 500;

/**
 * Reads the object or array that starts at `start` as models write JSON: comments, a comma before a closing bracket and
 * raw control characters inside strings are mended. Stops at the first character that JSON cannot have there.
 */
export function scanJson(text: string, start: number): JsonScan {
  const pieces: string[] = [];
  const closing: string[] = [];
  for (let at = start; at < text.length;) {
    const end = tokenEnd(text, at);
    const token = text.slice(at, end);
    if (token === '' || closing.length > deepest) return { end: at };
    at = end;
    if (token === '{') closing.push('}');
    if (token === '[') closing.push(']');
    if (token === '}' || token === ']') {
      if (closing.pop() !== token) return { end };
      dropComma(pieces);
    }
    pieces.push(mended(token));
    if (closing.length === 0) return { end, json: pieces.join('') };
  }
  return { end: text.length };
}

const plainToken = /\s+|[{}[\],:]|[-+.\w]+/y;

function tokenEnd(text: string, at: number): number {
  if (text[at] === '"') return stringEnd(text, at);
  if (text.startsWith('//', at)) return endOf(text, '\n', at);
  if (text.startsWith('/*', at)) return endOf(text, '*/', at + 2);
  plainToken.lastIndex = at;
  return plainToken.test(text) ? plainToken.lastIndex : at;
}

function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at++;
  }
  return text.length;
}

function endOf(text: string, what: string, from: number): number {
  const found = text.indexOf(what, from);
  return found === -1 ? text.length : found + what.length;
}

function mended(token: string): string {
  if (token.startsWith('"')) return token.replaceAll(/[\0-\x1f]/g, (char) => JSON.stringify(char).slice(1, -1));
  return token.startsWith('/') || token.trim() === '' ? ' ' : token;
}

function dropComma(pieces: string[]): void {
  let last = pieces.length - 1;
  while (pieces[last] === ' ') last--;
  if (pieces[last] === ',') pieces[last] = ' ';
}
