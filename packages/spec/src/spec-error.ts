export type SpecErrorCode =
  /** Not YAML or JSON. */
  | 'syntax'
  | 'unknown_key'
  | 'duplicate_key'
  | 'duplicate_id'
  | 'wrong_type'
  /** The right type, but out of range or badly formed. */
  | 'bad_value'
  | 'missing'
  /** Two things that exclude each other. */
  | 'conflict'
  /** Part of the job language, but not carried out by this version. */
  | 'not_built'
  | 'unknown_need'
  | 'cycle'
  | 'template'
  | 'bad_schema'
  | 'not_found';

/** One thing wrong with a written job. `line` and `column` count from 1. */
export type SpecError = {
  readonly code: SpecErrorCode;
  /** Starts with the path of the field, such as `steps.review.timeout_s: …`. */
  readonly message: string;
  /** As it was handed to the parser; files that the job names are relative to the same place. */
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** What to do about it. */
  readonly hint?: string;
};
