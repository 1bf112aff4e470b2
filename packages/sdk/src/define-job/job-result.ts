import type { RunState } from '@orch/contracts';
import type { RunHandle, RunResult } from '@orch/engine';
import type { Job } from './job.ts';
import { readOutputs } from './read-outputs.ts';

/** What a run of a job came to. */
export type JobResult<O> = Omit<RunResult, 'status'> &
  (
    | {
        readonly status: 'succeeded';
        /** Null in the place of steps that did not run. */
        readonly outputs: O;
      }
    | { readonly status: Exclude<RunState, 'succeeded'>; readonly outputs?: undefined }
  );

/** A run of a job under way. */
export interface JobHandle<O> extends Omit<RunHandle, 'result'> {
  readonly result: Promise<JobResult<O>>;
}

/** The same run, whose result has the outputs of its job. */
export function withOutputs<O>(handle: RunHandle, job: Job<O>): JobHandle<O> {
  const result = handle.result.then(async (ended): Promise<JobResult<O>> => {
    const { status, ...rest } = ended;
    if (status !== 'succeeded') return { ...rest, status };
    return { ...rest, status, outputs: (await readOutputs(ended.dir, job.outputs)) as O };
  });
  // Who iterates hears of a rejection there: `result` alone must not end the program.
  result.catch(() => undefined);
  return { ...handle, result };
}
