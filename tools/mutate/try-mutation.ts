import { mutate } from './mutation.ts';
import type { Mutation } from './mutation.ts';
import { runTests } from './run-tests.ts';
import type { TestRun } from './run-tests.ts';
import type { Tree } from './tree.ts';

/** `survived`: no test of `npm test` noticed. `invalid`: it was no fault that tests could notice. */
export type Verdict =
  | { readonly is: 'killed'; readonly by: string }
  | { readonly is: 'survived' }
  | { readonly is: 'invalid'; readonly why: string };

export type Trial = {
  readonly tree: Tree;
  readonly signal: AbortSignal;
  /** What all tests come to without a mutation. */
  readonly allUnmutated: () => Promise<TestRun>;
};

/** Puts one mutation into the tree and runs tests until one fails: the likely ones, then all. */
export async function tryMutation(mutation: Mutation, { tree, signal, allUnmutated }: Trial): Promise<Verdict> {
  const whole = tree.read(mutation.file) ?? '';
  const mutated = mutate(whole, mutation);
  if ('stale' in mutated) return { is: 'invalid', why: mutated.stale };
  const runMutated = async (files?: readonly string[]): Promise<TestRun> => {
    tree.write(mutation.file, mutated.text);
    try {
      return await runTests(tree.dir, { files, signal });
    } finally {
      tree.write(mutation.file, whole);
    }
  };
  const likely = await runMutated(mutation.tests);
  if (likely.status !== 'passed') return verdictOf(likely);
  const unmutated = await allUnmutated();
  if (unmutated.status !== 'passed')
    return { is: 'invalid', why: `not all tests pass without it: ${whyOf(unmutated)}` };
  return verdictOf(await runMutated());
}

function verdictOf(run: TestRun): Verdict {
  if (run.status === 'passed') return { is: 'survived' };
  return run.status === 'failed' ? { is: 'killed', by: run.by } : { is: 'invalid', why: run.why };
}

export function whyOf(run: Exclude<TestRun, { readonly status: 'passed' }>): string {
  return run.status === 'failed' ? run.by : run.why;
}
