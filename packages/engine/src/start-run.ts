import { resolve } from 'node:path';
import { createBus } from '@orch/events';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, OrchEvent } from '@orch/contracts';
import { runPaths } from '@orch/filestore';
import type { EnginePorts, RunOptions } from './ports.ts';
import { execute } from './execute.ts';
import { createEventStream } from './event-stream.ts';
import type { RunHandle } from './run-handle.ts';
import { selectSteps } from './select-steps.ts';
import { systemClock, systemIds } from './system.ts';

/**
 * Starts a run of a compiled job and returns at once. What is wrong with the call throws here; a runs folder that
 * cannot be written, a lock or a damaged disc reject `result`; a job that fails resolves it with status `failed`.
 */
export function startRun(job: CompiledJob, ports: EnginePorts, options: RunOptions): RunHandle {
  const steps = selectSteps(job.plan.steps, options.only);
  const { clock = systemClock, ids = systemIds } = ports;
  const jobId = options.jobId ?? ids.job();
  const paths = runPaths(resolve(options.runsDir), jobId);
  const stop = new AbortController();
  const bus = createBus<OrchEvent>();
  if (options.onEvent !== undefined) bus.on('*', options.onEvent);
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const result = execute({ job, steps, jobId, paths, ports: { ...ports, clock, ids }, options, signal, bus });
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
