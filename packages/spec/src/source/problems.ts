import type { SpecError, SpecErrorCode } from '../spec-error.ts';
import type { Place, Source } from './source.ts';
import type { Entry } from './written.ts';

export type Problem = { readonly code: SpecErrorCode; readonly message: string; readonly hint?: string | undefined };

/** A key or a step id for the second time; `first` is where it stood before. */
export function duplicate(code: 'duplicate_key' | 'duplicate_id', path: string, first: Place): Problem {
  const what = code === 'duplicate_id' ? 'a second step with this id' : 'a second time';
  return { code, message: `${path}: ${what}; the first stands on line ${first.line}` };
}

/** Everything found wrong so far, in one source or several. */
export class Problems {
  readonly source: Source;
  readonly #found: Map<string, SpecError>;

  constructor(source: Source, found = new Map<string, SpecError>()) {
    this.source = source;
    this.#found = found;
  }

  get none(): boolean {
    return this.#found.size === 0;
  }

  /** The same collection, for problems at offsets of another source. */
  in(source: Source): Problems {
    return source === this.source ? this : new Problems(source, this.#found);
  }

  /** The same collection, for problems of an entry that may stand in another source. */
  of({ origin }: Entry): Problems {
    return origin === undefined ? this : this.in(origin.source);
  }

  /** Notes a problem at an offset of the source; the same one twice counts once. Returns undefined, for callers to return. */
  add(offset: number, { code, message, hint }: Problem): undefined {
    const { file } = this.source;
    const { line, column } = this.source.place(offset);
    const key = JSON.stringify([file, line, column, message]);
    if (this.#found.has(key)) return;
    this.#found.set(key, { code, message, file, line, column, ...(hint !== undefined && { hint }) });
  }

  /** By position; the source these problems belong to comes first, other files after it by name. */
  sorted(): SpecError[] {
    const rank = (error: SpecError) => (error.file === this.source.file ? '' : error.file);
    return [...this.#found.values()].sort(
      (a, b) => compare(rank(a), rank(b)) || a.line - b.line || a.column - b.column,
    );
  }
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
