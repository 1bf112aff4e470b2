import { OrchError } from '@orch/contracts';

/** One thing of a run that does not fit what its log says of it. */
export type Misfit = {
  /** What it is, in words: `the output of step ask`. */
  readonly what: string;
  /** Relative to the run's folder. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;
};

export function notWhole(jobId: string, misfit: Misfit): OrchError {
  const { what, path, expected, found } = misfit;
  return new OrchError(
    'corrupt_log',
    `${jobId} is not whole: ${path} (${what}): expected ${expected}, found ${found}.`,
    {
      hint: 'Restore it from a copy of the run.',
      details: misfit,
    },
  );
}
