import { OrchError } from '@orch/contracts';
import { resumeRun, startRun, systemIds } from '@orch/engine';
import type { ResumeRunOptions, RunHandle, RunOptions, RunResult } from '@orch/engine';
import { runPaths } from '@orch/filestore';
import { basename } from 'node:path';
import { copyOutputs } from './copy-outputs.ts';
import type { Job } from './define-job/job.ts';
import { withOutputs } from './define-job/job-result.ts';
import type { JobHandle } from './define-job/job-result.ts';
import { runsFolder } from './environment.ts';
import { prepareResume } from './prepare/prepare-resume.ts';
import type { PrepareResumeOptions } from './prepare/prepare-resume.ts';
import { prepareRun } from './prepare/prepare-run.ts';
import type { PrepareOptions, PreparedRun } from './prepare/prepare-run.ts';
import { findRun } from './read/runs.ts';

/** `runsDir` is what `ORCH_RUNS_DIR` names, else `runs` below `cwd`, unless given. */
export type RunJobOptions = PrepareOptions & Partial<RunOptions> & Copying;

export type ResumeJobOptions = PrepareResumeOptions & ResumeRunOptions & Pick<RunJobOptions, 'runsDir' | 'force'>;

type Copying = {
  /** Replaces files in the `output_dir` of the job that orch did not write; else `result` rejects with `conflict`. */
  readonly force?: boolean | undefined;
};

/**
 * Runs a job, or a job file. Returns at once; `result` resolves when the run ended, also when it failed, and rejects when
 * it could not be started: `spec` for a bad job, `usage`, `unconfigured`, `network` and others for a provider, `io`. Of a
 * job that succeeded it has the `outputs` that the job was defined to return.
 */
export function run<O>(job: Job<O>, options?: RunJobOptions): JobHandle<O>;
export function run(spec: string, options?: RunJobOptions): RunHandle;
export function run(spec: string | Job, options: RunJobOptions = {}): RunHandle {
  const handle = runJob(spec, options);
  return typeof spec === 'string' ? handle : withOutputs(handle, spec);
}

function runJob(spec: string | Job, options: RunJobOptions): RunHandle {
  const { jobId = systemIds.job() } = options;
  const base = runsFolderOf(options);
  return handleOf({ jobId, dir: runPaths(base, jobId).dir }, options, async (signal) => {
    const given = { ...options, signal, runsDir: base, jobId };
    return launch(await prepareRun(spec, given), given, (prepared) => startRun(prepared.job, prepared.ports, given));
  });
}

/**
 * Goes on with a run, named by its id, the unique start of one, or `latest`: with its own plan, or with the job file
 * `spec` compiled anew. What succeeded with the same inputs is not done again. Throws `not_found`; `result` rejects like
 * that of `run`, with `locked` while another process runs it, and with `corrupt_log`.
 */
export function resume(name: string, options: ResumeJobOptions = {}): RunHandle {
  const dir = findRun(runsFolderOf(options), name);
  return handleOf({ jobId: basename(dir), dir }, options, async (signal) => {
    const given = { ...options, signal };
    return launch(await prepareResume(dir, given), given, ({ job, ports }) => resumeRun(dir, job, ports, given));
  });
}

function runsFolderOf({ cwd = process.cwd(), env = process.env, runsDir }: RunJobOptions): string {
  return runsFolder(runsDir, { env, cwd });
}

type Opened = { readonly handle: RunHandle; readonly result: Promise<RunResult> };

/** A handle that is there before the run is. */
function handleOf(
  named: Pick<RunHandle, 'jobId' | 'dir'>,
  options: Pick<RunJobOptions, 'signal'>,
  open: (signal: AbortSignal) => Promise<Opened>,
): RunHandle {
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const opened = open(signal);
  const result = opened.then(({ result: ended }) => ended);
  // Who iterates hears of a rejection there: `result` alone must not end the program.
  result.catch(() => undefined);
  return {
    ...named,
    result,
    cancel: (reason = 'canceled by the caller') => stop.abort(new OrchError('canceled', reason)),
    async answer(...asked) {
      await (await opened).handle.answer(...asked);
    },
    async *[Symbol.asyncIterator]() {
      yield* (await opened).handle;
    },
  };
}

type Launching = Copying & Pick<RunOptions, 'only' | 'limit'>;

async function launch(
  prepared: PreparedRun,
  options: Launching,
  start: (prepared: PreparedRun) => RunHandle,
): Promise<Opened> {
  try {
    const handle = start(prepared);
    const result = handle.result.then((ended) => {
      copyOutputs(prepared.job, ended, options);
      return ended;
    });
    return { handle, result: result.finally(() => prepared.close()) };
  } catch (error) {
    await prepared.close();
    throw error;
  }
}
