import { basename, dirname, resolve } from 'node:path';
import { createBus } from '@orch/events';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, OrchEvent } from '@orch/contracts';
import { runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import type { EnginePorts, ResumeOptions, RunOptions } from './ports.ts';
import { execute } from './execute.ts';
import { createEventStream } from './event-stream.ts';
import type { RunHandle } from './run-handle.ts';
import { selectSteps, stepsFrom } from './select-steps.ts';
import { systemClock, systemIds } from './system.ts';

/**
 * Starts a run of a compiled job and returns at once. What is wrong with the call throws here; a runs folder that
 * cannot be written, a lock or a damaged disc reject `result`; a job that fails resolves it with status `failed`.
 */
export function startRun(job: CompiledJob, ports: EnginePorts, options: RunOptions): RunHandle {
  const jobId = options.jobId ?? (ports.ids ?? systemIds).job();
  return launch(job, ports, { options, paths: runPaths(resolve(options.runsDir), jobId), jobId });
}

/**
 * Goes on with a run in its folder: with its own plan (`readJob`) or with a job that was compiled anew. Steps and items
 * that succeeded with the same inputs are reused, their files put back; all others are decided anew. Like `startRun`,
 * and `result` rejects with `locked` while another process runs it, `corrupt_log` for a damaged log, `usage` for a run
 * that was canceled or a job of another project.
 */
export function resumeRun(
  dir: string,
  job: CompiledJob,
  ports: EnginePorts,
  options: ResumeRunOptions = {},
): RunHandle {
  const { from, retryFailed, ...rest } = options;
  stepsFrom(job.plan.steps, from);
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const runOptions = { ...rest, runsDir: paths.base };
  return launch(job, ports, { options: runOptions, paths, jobId: basename(paths.dir), resume: { from, retryFailed } });
}

export type ResumeRunOptions = Omit<RunOptions, 'runsDir' | 'jobId'> & ResumeOptions;

type Launch = {
  readonly options: RunOptions;
  readonly paths: RunPaths;
  readonly jobId: string;
  readonly resume?: ResumeOptions;
};

function launch(job: CompiledJob, ports: EnginePorts, { options, paths, jobId, resume }: Launch): RunHandle {
  const steps = selectSteps(job.plan.steps, options.only);
  const { clock = systemClock, ids = systemIds } = ports;
  const stop = new AbortController();
  const bus = createBus<OrchEvent>();
  if (options.onEvent !== undefined) bus.on('*', options.onEvent);
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const result = execute({ job, steps, jobId, paths, ports: { ...ports, clock, ids }, options, resume, signal, bus });
  // Who iterates hears of a rejection there: `result` alone must not end the program.
  result.catch(() => undefined);
  return {
    jobId,
    dir: paths.dir,
    result,
    cancel: (reason = 'canceled by the caller') => stop.abort(new OrchError('canceled', reason)),
    [Symbol.asyncIterator]: () => createEventStream(bus, result),
  };
}
