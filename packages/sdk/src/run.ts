import { OrchError } from '@orch/contracts';
import { startRun, systemIds } from '@orch/engine';
import type { RunHandle, RunOptions, RunResult } from '@orch/engine';
import { runPaths } from '@orch/filestore';
import { runsFolder } from './environment.ts';
import { prepareRun } from './prepare-run.ts';
import type { PrepareOptions } from './prepare-run.ts';

/** `runsDir` is what `ORCH_RUNS_DIR` names, else `runs` below `cwd`, unless given. */
export type RunJobOptions = PrepareOptions & Partial<RunOptions>;

/**
 * Runs a job file. Returns at once; `result` resolves when the run ended, also when it failed, and rejects when it
 * could not be started: `spec` for a bad job file, `usage`, `unconfigured`, `network` and others for a provider, `io`.
 */
export function run(spec: string, options: RunJobOptions = {}): RunHandle {
  const { cwd = process.cwd(), env = process.env, jobId = systemIds.job() } = options;
  const base = runsFolder(options.runsDir, { env, cwd });
  const stop = new AbortController();
  const signal = options.signal === undefined ? stop.signal : AbortSignal.any([options.signal, stop.signal]);
  const opened = open(spec, { ...options, signal, runsDir: base, jobId });
  const result = opened.then(({ result: ended }) => ended);
  // Who iterates hears of a rejection there: `result` alone must not end the program.
  result.catch(() => undefined);
  return {
    jobId,
    dir: runPaths(base, jobId).dir,
    result,
    cancel: (reason = 'canceled by the caller') => stop.abort(new OrchError('canceled', reason)),
    async *[Symbol.asyncIterator]() {
      yield* (await opened).handle;
    },
  };
}

type Opened = { readonly handle: RunHandle; readonly result: Promise<RunResult> };

async function open(spec: string, options: RunJobOptions & RunOptions): Promise<Opened> {
  const prepared = await prepareRun(spec, options);
  try {
    const handle = startRun(prepared.job, prepared.ports, options);
    return { handle, result: handle.result.finally(() => prepared.close()) };
  } catch (error) {
    await prepared.close();
    throw error;
  }
}
