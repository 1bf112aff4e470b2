/** One small fault put into the product, which some test of `npm test` must notice. */
export type Mutation = {
  readonly name: string;
  /** What the product does wrong with it, in one line. */
  readonly breaks: string;
  /** Path from the root of the repository, with `/`. */
  readonly file: string;
  /** Exact text that occurs once in the file, and what stands there instead. */
  readonly replace: string;
  readonly by: string;
  /** Test files that are likely to notice; tried before all others. */
  readonly tests: readonly string[];
};

/** A file with the fault in it, or why the mutation no longer fits the product. */
export type Mutated = { readonly text: string } | { readonly stale: string };

export function mutate(text: string | undefined, { replace, by }: Mutation): Mutated {
  if (text === undefined) return { stale: 'there is no such file' };
  const at = text.indexOf(replace);
  if (at < 0) return { stale: 'the text that it replaces is not there' };
  if (text.includes(replace, at + 1)) return { stale: 'the text that it replaces is there more than once' };
  return { text: text.slice(0, at) + by + text.slice(at + replace.length) };
}
