import type { StepKind, StepScope } from '@orch/contracts';

/** A kind whose fields name files below the folder of the job: beside those that the step declares to read, they enter the input hash. */
export type ReadingKind<I> = StepKind<I> & {
  /** Their paths, relative to that folder. */
  reads(input: I, scope: Pick<StepScope, 'job' | 'run'>): Promise<readonly string[]>;
};

/** The files that a kind reads besides; most kinds read none. */
export async function readsOf(kind: StepKind, input: unknown, scope: StepScope): Promise<readonly string[]> {
  return 'reads' in kind ? (kind as ReadingKind<unknown>).reads(input, scope) : [];
}
