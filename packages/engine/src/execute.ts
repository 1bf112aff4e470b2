import { existsSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { OrchError } from '@orch/contracts';
import type { Clock, CompiledJob, EventData, Ids, OrchEvent, PlanStep } from '@orch/contracts';
import type { Bus } from '@orch/events';
import { acquireLock, writeAtomic } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { openRun } from './open-run.ts';
import { shortened } from './outputs.ts';
import type { EnginePorts, RunOptions } from './ports.ts';
import { withDeadline } from './deadline.ts';
import { endRun } from './run-end.ts';
import { createRunFolder, pointLatest } from './run-folder.ts';
import type { RunContext } from './run-context.ts';
import type { RunResult } from './run-handle.ts';
import { runSteps } from './run-steps.ts';
import { orchVersion } from './version.ts';

export type Execution = {
  readonly job: CompiledJob;
  /** The steps of the plan that shall run. */
  readonly steps: readonly PlanStep[];
  readonly jobId: string;
  readonly paths: RunPaths;
  readonly ports: EnginePorts & { readonly clock: Clock; readonly ids: Ids };
  readonly options: RunOptions;
  readonly signal: AbortSignal;
  readonly bus: Bus<OrchEvent>;
};

/** One attempt of a run: folder, lock, log, steps, end. Where nothing could be run, nothing is left behind. */
export async function execute(execution: Execution): Promise<RunResult> {
  const { paths, job } = execution;
  createRunFolder(paths, job.plan.project);
  try {
    return await holdLock(execution);
  } catch (error) {
    if (!isBegun(paths)) rmSync(paths.dir, { recursive: true, force: true });
    throw error;
  }
}

function isBegun({ events }: RunPaths): boolean {
  return existsSync(events) && statSync(events).size > 0;
}

async function holdLock(execution: Execution): Promise<RunResult> {
  const { paths, ports } = execution;
  const lock = await acquireLock(paths.lock, { owner: paths.owner });
  try {
    const owner = { pid: process.pid, host: hostname(), started_at: new Date(ports.clock.now()).toISOString() };
    writeAtomic(paths.owner, `${JSON.stringify(owner)}\n`, { durability: 'relaxed' });
    return await attemptRun(execution);
  } finally {
    lock.release();
  }
}

async function attemptRun(execution: Execution): Promise<RunResult> {
  const { jobId, paths, job, signal, steps, ports } = execution;
  const { run, manifest, broken, close } = await openRun(execution);
  const deadline = withDeadline(ports.clock, AbortSignal.any([signal, broken]), job.plan.timeout_s);
  try {
    await run.journal.append('job.started', startedData(execution, run));
    pointLatest(paths, jobId);
    const result = await runSteps(run, steps, deadline.signal);
    const { aborted, reason } = deadline.signal as { aborted: boolean; reason: unknown };
    await endRun(run, result, aborted ? OrchError.from(reason, 'canceled') : undefined);
    await run.journal.settle();
    return { jobId, dir: paths.dir, status: run.journal.state.status, manifest: manifest() };
  } finally {
    deadline.done();
    await close();
  }
}

function startedData({ job }: Execution, { blobs }: RunContext): EventData['job.started'] {
  const { plan, planHash, spec, inputs } = job;
  const { provider } = plan;
  const model = provider?.model === undefined ? {} : { model: provider.model };
  return {
    attempt: 1,
    project: plan.project,
    provider: provider === undefined ? null : { provider: provider.name, ...model },
    task: plan.task === undefined ? null : shortened(plan.task, blobs),
    spec_sha256: spec.sha256,
    plan_hash: planHash,
    inputs: shortened(
      inputs.map(({ path, sha256 }) => ({ path, sha256 })),
      blobs,
    ),
    concurrency: plan.concurrency,
    orch_version: orchVersion,
    history: {},
  };
}
