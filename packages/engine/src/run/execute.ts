import { existsSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { OrchError } from '@orch/contracts';
import type { Clock, CompiledJob, EventData, Ids, OrchEvent, PlanStep, RunState } from '@orch/contracts';
import type { Bus } from '@orch/events';
import { acquireLock, writeAtomic } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { cancelChildren } from '../ask-run.ts';
import { openRun } from './open-run.ts';
import type { OpenRun } from './open-run.ts';
import { shortened } from './outputs.ts';
import type { EnginePorts, ResumeOptions, RunOptions } from '../ports.ts';
import { withDeadline } from '../attempt/deadline.ts';
import { followInbox } from '../questions/follow-inbox.ts';
import { layOutCopies } from '../read-job.ts';
import { recover } from '../resume/recover.ts';
import { rejectFailed } from '../resume/reject-failed.ts';
import { restoreFiles } from '../resume/restore-files.ts';
import { endRun } from './run-end.ts';
import { createRunFolder, keepInputs, keepOrigin, pointLatest, readOrigin } from './run-folder.ts';
import type { RunContext, StartChild } from './run-context.ts';
import type { RunResult } from './run-handle.ts';
import { runSteps } from './run-steps.ts';
import { stopInTwo } from './stop-in-two.ts';
import { sweepOutputs } from './sweep-outputs.ts';
import { orchVersion } from '../version.ts';

export type Execution = {
  readonly job: CompiledJob;
  /** The steps of the job that shall run. */
  readonly steps: readonly PlanStep[];
  /** Where only some shall run: their ids, with those of steps that join. */
  readonly wanted?: ReadonlySet<string> | undefined;
  /** Of a run that a step of another run began. */
  readonly parent?: EventData['job.started']['parent'] | undefined;
  readonly startChild: StartChild;
  readonly jobId: string;
  readonly paths: RunPaths;
  readonly ports: EnginePorts & { readonly clock: Clock; readonly ids: Ids };
  readonly options: RunOptions;
  /** How a run that has a log goes on; absent for a new one. */
  readonly resume?: ResumeOptions | undefined;
  readonly signal: AbortSignal;
  readonly bus: Bus<OrchEvent>;
};

/** One attempt of a run: folder, lock, log, steps, end. Of a new run where nothing could be run, nothing is left behind. */
export async function execute(execution: Execution): Promise<RunResult> {
  const { paths, job, resume } = execution;
  if (resume !== undefined) return holdLock(execution);
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
  const opened = await openRun(execution);
  try {
    refuseUnfit(execution, opened.run);
    await startAttempt(execution, opened.run);
    return await carryOut(execution, opened);
  } finally {
    await opened.close();
  }
}

/** A run that a person ended stays ended; one whose files stand elsewhere cannot go on. */
function refuseUnfit({ job, jobId, resume }: Execution, { journal }: RunContext): void {
  const { status, attempt, project } = journal.state;
  if (resume === undefined || attempt === 0) return;
  if (ended.has(status)) {
    throw new OrchError('usage', `Expected a run that can go on, ${jobId} is ${status}.`, {
      hint: 'Start a new one: replies that were paid for come from the cache.',
    });
  }
  if (project === job.plan.project) return;
  throw new OrchError('usage', `Expected project ${project} as in ${jobId}, the job now says ${job.plan.project}.`, {
    hint: 'Start a new run, or take the old name.',
  });
}

const ended: ReadonlySet<RunState> = new Set(['canceled', 'quarantined']);

async function startAttempt(execution: Execution, run: RunContext): Promise<void> {
  const { job, jobId, paths, options, resume } = execution;
  const isFromHere = readOrigin(paths) !== undefined;
  keepOrigin(job, paths);
  keepInputs(job, { paths, blobs: run.blobs, durability: options.durability ?? job.plan.durability ?? 'strict' });
  layOutCopies(paths, job);
  await recover(run, isFromHere);
  const tellRejected = resume?.retryFailed === true ? rejectFailed(run) : () => undefined;
  await run.journal.append('job.started', startedData(execution, run));
  tellRejected();
  if (run.journal.state.parent === undefined) pointLatest(paths, jobId);
}

async function carryOut(execution: Execution, { run, broken, manifest }: OpenRun): Promise<RunResult> {
  const { jobId, paths, job, signal, steps, ports, options } = execution;
  const inbox = followInbox(run);
  const stop = stopInTwo(ports.clock, AbortSignal.any([signal, broken, inbox.canceled]), options);
  const limit = { seconds: job.plan.timeout_s, name: "the job's timeout_s" };
  const deadline = withDeadline(ports.clock, stop.signal, limit);
  try {
    const signals = { drain: stop.drain, signal: deadline.signal, failFast: options.failFast ?? false };
    const result = await runSteps(run, steps, signals);
    restoreFiles(run);
    run.plan.settle();
    const stopped = [deadline.signal, stop.drain].find(({ aborted }) => aborted);
    sweepOutputs(run);
    await endRun(run, result, stopped && OrchError.from(stopped.reason, 'canceled'));
    await run.journal.settle();
    await cancelChildren(run);
    return { jobId, dir: paths.dir, status: run.journal.state.status, manifest: manifest() };
  } finally {
    deadline.done();
    stop.done();
    await inbox.close();
  }
}

function startedData({ job, parent, options }: Execution, { blobs, journal }: RunContext): EventData['job.started'] {
  const { plan, planHash, spec, inputs } = job;
  const given = givenBy(job, options);
  const { provider } = plan;
  const model = provider?.model === undefined ? {} : { model: provider.model };
  return {
    attempt: journal.state.attempt + 1,
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
    ...(parent && { parent }),
    ...(given && { given }),
    history: {},
  };
}

function givenBy(
  { given: { vars = [], provider } = {} }: CompiledJob,
  { only, limit, frozen }: RunOptions,
): EventData['job.started']['given'] {
  const given = {
    ...(vars.length > 0 && { vars: [...vars] }),
    ...(provider !== undefined && { provider }),
    ...(only !== undefined && { only }),
    ...(limit !== undefined && { limit }),
    ...(frozen === true && { frozen }),
  };
  return Object.keys(given).length > 0 ? given : undefined;
}
