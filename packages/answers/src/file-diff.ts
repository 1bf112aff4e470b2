/** A line of a hunk. */
export type DiffLine = {
  readonly kind: 'context' | 'deleted' | 'added';
  /** Without the sign before it and the line end behind it. */
  readonly text: string;
  /** It ends the file, without a line end. */
  readonly endless?: true;
};

export type DiffHunk = {
  /** The number of its first line before and after, as it was written: models count badly. */
  readonly oldStart: number;
  readonly newStart: number;
  readonly lines: readonly DiffLine[];
};

type Change =
  | { readonly change: 'modified' | 'added' | 'deleted' }
  /** `from`: the file that it was, or that it is a copy of. */
  | { readonly change: 'renamed' | 'copied'; readonly from: string };

/** What a unified diff does to one file. Paths are relative, with `/` between their parts, and inside the project. */
export type FileDiff = Change & {
  readonly path: string;
  readonly hunks: readonly DiffHunk[];
  /** Lines added and deleted. */
  readonly insertions: number;
  readonly deletions: number;
  /** What the file is from now on: of every new one, else where the diff says so. */
  readonly mode?: '100644' | '100755';
};

/** The error of a reader: where, counted from the first line it was given, and why. */
export type DiffFault = { readonly at: number; readonly why: string };
