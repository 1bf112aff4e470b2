import { OrchError } from '@orch/contracts';
import { writeLiteral } from '@orch/spec';
import { quoted } from './quoted.ts';
import { typeName } from './type-name.ts';
import { printPath, targetOf } from './reference.ts';
import type { Reference, Target } from './reference.ts';

type Piece = { readonly literal: string } | { readonly tag: string };

/** A text with references in it, made by `j.t`. */
export class Template {
  readonly #pieces: readonly Piece[];
  readonly #targets: readonly Target[];

  constructor(pieces: readonly Piece[], targets: readonly Target[]) {
    this.#pieces = pieces;
    this.#targets = targets;
  }

  get pieces(): readonly Piece[] {
    return this.#pieces;
  }

  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** As it is written in the job language. */
  toString(): string {
    const pieces = merged(this.#pieces);
    return pieces
      .map((piece, at) => ('tag' in piece ? piece.tag : writeLiteral(piece.literal, tagIn(pieces[at + 1]))))
      .join('');
  }
}

/** A condition, or a value with filters, made by `j.expr`. */
export class Expression {
  readonly #text: string;
  readonly #targets: readonly Target[];

  constructor(text: string, targets: readonly Target[]) {
    this.#text = text;
    this.#targets = targets;
  }

  get text(): string {
    return this.#text;
  }

  get targets(): readonly Target[] {
    return this.#targets;
  }

  /** As it is written where a template is expected. */
  toString(): string {
    return `{{ ${this.#text} }}`;
  }
}

/** What stands between the literal parts of `j.t`. Texts, numbers and booleans are literal too. */
export type Printable = Reference<unknown> | Template | Expression | string | number | boolean;

export function template(strings: TemplateStringsArray, values: readonly Printable[]): Template {
  const pieces = strings.flatMap((literal, at) => {
    const own: readonly Piece[] = [{ literal }];
    return at < values.length ? [...own, ...piecesOf(values[at])] : own;
  });
  return new Template(pieces, values.flatMap(targetsOf));
}

/** What stands between the literal parts of `j.expr`. Texts, numbers, booleans and null are written as literals. */
export type Operand = Reference<unknown> | Expression | string | number | boolean | null;

export function expression(strings: TemplateStringsArray, values: readonly Operand[]): Expression {
  const text = strings.map((part, at) => (at < values.length ? part + operand(values[at]) : part)).join('');
  return new Expression(text.trim(), values.flatMap(targetsOf));
}

/** What stands in the job for a text, an expression or a reference; undefined for any other value. */
export function textOf(value: unknown): string | undefined {
  if (value instanceof Template || value instanceof Expression) return value.toString();
  const target = targetOf(value);
  return target === undefined ? undefined : `{{ ${printPath(target.path)} }}`;
}

/** The references in such a value. */
export function targetsOf(value: unknown): readonly Target[] {
  if (value instanceof Template || value instanceof Expression) return value.targets;
  const target = targetOf(value);
  return target === undefined ? [] : [target];
}

function piecesOf(value: unknown): readonly Piece[] {
  if (value instanceof Template) return value.pieces;
  const tag = textOf(value);
  if (tag !== undefined) return [{ tag }];
  if (typeof value === 'string') return [{ literal: value }];
  if (typeof value === 'boolean' || isFinite(value)) return [{ literal: String(value) }];
  throw misplaced('j.t', 'a reference such as a.output, a text, a number or a boolean', value);
}

function operand(value: unknown): string {
  const target = targetOf(value);
  if (target !== undefined) return printPath(target.path);
  if (value instanceof Expression) return value.text;
  if (typeof value === 'string') return quoted(value);
  if (typeof value === 'boolean') return String(value);
  if (value === null) return 'nil';
  if (isFinite(value) && !String(value).includes('e')) return String(value);
  throw misplaced('j.expr', 'a reference such as a.output, another expression, or a plain value', value);
}

const isFinite = (value: unknown): value is number => Number.isFinite(value);

function misplaced(tag: string, expected: string, value: unknown): OrchError {
  return new OrchError('spec', `${tag}: expected ${expected}, got ${typeName(value)}.`, {
    hint: 'Of a step, say which part is meant: a.output, a.items, a.files.',
  });
}

function tagIn(piece: Piece | undefined): string {
  return piece !== undefined && 'tag' in piece ? piece.tag : '';
}

/** Literals side by side are one, so that a tag cannot come about between them. */
function merged(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if ('tag' in piece || last === undefined || 'tag' in last) all.push(piece);
    else all.splice(-1, 1, { literal: last.literal + piece.literal });
  }
  return all.filter((piece) => 'tag' in piece || piece.literal !== '');
}
