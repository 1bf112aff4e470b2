/** The states one kind of thing can be in, and what may follow each. Nothing follows a terminal state. */
export type Life<S extends string = string> = {
  /** What it is, for messages. */
  readonly thing: string;
  readonly follows: Readonly<Record<S, readonly S[]>>;
};
