import type { Source, Span } from './source.ts';

/** A string value, and the stretch of source it was read from. */
export type Excerpt = { readonly text: string; readonly source: Source; readonly span: Span };

/**
 * Where in the source a character of the text stands. Indented, folded and escaped text differs from its source, so
 * the word at that place is looked for: the n-th in the text is the n-th in the source. Else the start of the value.
 */
export function offsetInSource({ text, source, span: [start, end] }: Excerpt, index: number): number {
  const written = source.text.slice(start, end);
  if (written === text) return start + index;
  if (written.slice(1, -1) === text) return start + 1 + index;
  const word = /[\w{}%.$-]+/.exec(text.slice(index, index + 80));
  if (word === null) return start;
  const found = nthIndex(written, word[0], countBefore(text, word[0], index + word.index));
  return found === -1 ? start : start + found;
}

function countBefore(text: string, word: string, index: number): number {
  let count = 0;
  for (let at = text.indexOf(word); at !== -1 && at < index; at = text.indexOf(word, at + 1)) count += 1;
  return count;
}

function nthIndex(text: string, word: string, nth: number): number {
  let at = text.indexOf(word);
  for (let count = 0; at !== -1 && count < nth; count++) at = text.indexOf(word, at + 1);
  return at;
}
