import { singleExpression } from './list-template.ts';
import { readTags } from './tags.ts';
import type { Part } from './tags.ts';
import { writeLiteral } from './write-literal.ts';

/**
 * A template with its literal parts written in the one way that `writeLiteral` has, however they were: `{% raw %}` around
 * more or less of it, or `{{ "{" }}`. In a shell line an output stays one: there it is a value.
 */
export function normalTemplate(template: string, role: 'text' | 'command' = 'text'): string {
  if (!/\{%-?\s*raw\b|\{\{-?\s*["']/.test(template) || singleExpression(template) !== undefined) return template;
  const pieces = joined(readTags(template).map((part) => pieceOf(part, role)));
  const tagAfter = (at: number): string => pieces[at + 1]?.tag ?? '';
  const written = pieces.map((piece, at) => piece.tag ?? writeLiteral(piece.text, tagAfter(at))).join('');
  return singleExpression(written) === undefined ? written : template;
}

type Piece = { readonly text: string; readonly tag?: never } | { readonly tag: string; readonly text?: never };

function pieceOf(part: Part, role: 'text' | 'command'): Piece {
  if (part.type === 'text') return { text: part.text };
  if (part.type === 'tag' && (part.name === 'raw' || part.name === 'endraw')) return { text: '' };
  const literal = part.type === 'output' && role === 'text' ? literalIn(part.content) : undefined;
  return literal === undefined ? { tag: withoutTrim(part.written) } : { text: literal };
}

/** What `{{ "…" }}` prints; one with escapes is left to the language. */
function literalIn(expression: string): string | undefined {
  const [, double, single] = /^\s*(?:"([^"\\]*)"|'([^'\\]*)')\s*$/.exec(expression) ?? [];
  return double ?? single;
}

/** Texts beside it have lost their blanks already, and would lose those of a literal that was raw. */
function withoutTrim(tag: string): string {
  return tag.replace(/^(\{[{%])-/, '$1').replace(/-([%}]\})$/, '$1');
}

function joined(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (piece.text === undefined || last?.text === undefined) all.push(piece);
    else all.splice(-1, 1, { text: last.text + piece.text });
  }
  return all;
}
