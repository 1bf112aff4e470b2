import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { createBus, foldLog } from '@orch/events';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, OrchEvent, PlanStep } from '@orch/contracts';
import { openBlobs, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { createHider, hideThrown } from '@orch/secrets';
import { addedSteps } from './graph/added-steps.ts';
import { askRun } from './ask-run.ts';
import type { EnginePorts, ResumeOptions, RunOptions } from './ports.ts';
import { execute } from './run/execute.ts';
import { createEventStream } from './run/event-stream.ts';
import { lendPorts } from './run/lend-ports.ts';
import type { ChildRun, StartChild } from './run/run-context.ts';
import type { RunHandle } from './run/run-handle.ts';
import { selectSteps, stepsFrom } from './graph/select-steps.ts';
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
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  stepsFrom(stepsWith(from, job, paths), from);
  const runOptions = { ...rest, runsDir: paths.base };
  return launch(job, ports, { options: runOptions, paths, jobId: basename(paths.dir), resume: { from, retryFailed } });
}

export type ResumeRunOptions = Omit<RunOptions, 'runsDir' | 'jobId'> & ResumeOptions;

type Launch = {
  readonly options: RunOptions;
  readonly paths: RunPaths;
  readonly jobId: string;
  readonly resume?: ResumeOptions | undefined;
  readonly parent?: ChildRun['parent'] | undefined;
  /** How many runs stand above this one. */
  readonly depth?: number | undefined;
};

/** How deep jobs may begin jobs: dynamic steps could go on for ever. */
const deepest = 32;

function launch(job: CompiledJob, given: EnginePorts, launched: Launch): RunHandle {
  const { options, paths, jobId, resume, parent } = launched;
  const wanted = options.only === undefined ? undefined : wantedSteps(job, launched, options.only);
  const steps = wanted === undefined ? job.plan.steps : job.plan.steps.filter(({ id }) => wanted.has(id));
  const { clock = systemClock, ids = systemIds } = given;
  const ports = { ...given, clock, ids };
  const stop = new AbortController();
  const bus = createBus<OrchEvent>();
  if (options.onEvent !== undefined) bus.on('*', options.onEvent);
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const startChild = childStarter(job, ports, launched);
  const result = execute({
    ...{ job, steps, wanted, jobId, paths, parent, ports, options, resume, signal, bus, startChild },
  }).catch((error: unknown) => {
    throw hideThrown(error, ports.hider ?? createHider([]));
  });
  // Who iterates hears of a rejection there: `result` alone must not end the program.
  result.catch(() => undefined);
  return {
    jobId,
    dir: paths.dir,
    result,
    cancel: (reason = 'canceled by the caller') => stop.abort(new OrchError('canceled', reason)),
    async answer(step, answer, { item, granted = true, by = 'the caller' } = {}) {
      const where = { step, ...(item !== undefined && { item }) };
      const given = answer === undefined ? {} : { answer };
      await askRun(paths.dir, { kind: 'answer', ...where, granted, ...given, by }, ports);
    },
    [Symbol.asyncIterator]: () => createEventStream(bus, result),
  };
}

/** The step and what it needs; also one that joined the run in an earlier attempt. */
function wantedSteps(job: CompiledJob, { paths, resume }: Launch, only: string): ReadonlySet<string> {
  const steps = resume === undefined ? job.plan.steps : stepsWith(only, job, paths);
  return new Set(selectSteps(steps, only).map(({ id }) => id));
}

/** Steps of the run, that one among them if it can be found. */
function stepsWith(id: string | undefined, job: CompiledJob, paths: RunPaths): readonly PlanStep[] {
  const { steps } = job.plan;
  if (id === undefined || steps.some((step) => step.id === id) || !existsSync(paths.events)) return steps;
  return [...steps, ...addedSteps(foldLog(paths.events).state, steps, openBlobs(paths.artifacts))];
}

function childStarter(job: CompiledJob, ports: EnginePorts, { options, paths, depth = 0 }: Launch): StartChild {
  return async (begun) => {
    const { job: child, jobId, parent, signal } = begun;
    if (depth === deepest) {
      throw new OrchError('spec', `Expected at most ${deepest} jobs that each begin the next, this would be one more.`);
    }
    const { drain, graceMs, failFast, frozen, durability } = options;
    const own = runPaths(paths.base, jobId);
    let end: OrchEvent | undefined;
    const onEvent = (event: OrchEvent): void => void (end = event);
    const handle = launch(child, await lendPorts(ports, job.plan, begun), {
      options: { runsDir: paths.base, drain, graceMs, failFast, frozen, durability, signal, onEvent },
      ...{ paths: own, jobId, parent, depth: depth + 1 },
      resume: existsSync(own.dir) ? {} : undefined,
    });
    const { manifest } = await handle.result;
    return { dir: own.dir, end, costs: manifest.costs };
  };
}
