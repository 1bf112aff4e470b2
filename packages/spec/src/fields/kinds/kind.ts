import type { Shape } from '../read-fields.ts';

/** What is particular to a kind of step. */
export type Kind = {
  readonly about: string;
  readonly shape: Shape;
  /** Fields that say what the step does: exactly one of them, unless `together`. */
  readonly needsOne: readonly string[];
  readonly together?: true;
  /** It is never told from its fields, but by `kind`. */
  readonly named?: true;
  /** Further tries after the first. */
  readonly tries: number;
  /** Why nothing but the run itself can take its result again. */
  readonly runsAlways?: string;
  /** Its fields in the job language that this version does not carry out. */
  readonly notBuilt?: readonly string[];
};
