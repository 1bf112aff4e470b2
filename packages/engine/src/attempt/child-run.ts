import { basename } from 'node:path';
import { existsSync } from 'node:fs';
import { canonicalJson, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { Digest, ErrorCode, OrchEvent, Plan, RunCosts, RunState, SubJob, SubRunEnd } from '@orch/contracts';
import { foldLog } from '@orch/events';
import type { LinkedRun } from '@orch/events';
import { runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { askRun } from '../ask-run.ts';
import { resultOf } from './child-result.ts';
import type { TakeFile } from './child-result.ts';
import { openQuestions } from '../questions/open-questions.ts';
import type { OpenQuestion } from '../questions/open-questions.ts';
import { threadWith } from '../questions/questions.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunContext } from '../run/run-context.ts';
import type { Tally } from '../exchange/purchase.ts';

type Parent = {
  readonly where: StepPlace;
  readonly inputHash: Digest;
  readonly signal: AbortSignal;
  /** What the attempt has spent. */
  readonly tally: Tally;
  readonly take: TakeFile;
};

/**
 * Runs a job for a step, in a folder of its own beside that of the run, or goes on with it: for one step or item with
 * the same inputs there is one such run, also after the process died, until a person cancels it or wants it anew.
 */
export async function runChild(run: RunContext, job: SubJob, parent: Parent): Promise<SubRunEnd> {
  const jobId = chooseId(run, parent);
  const paths = runPaths(run.paths.base, jobId);
  const { where, inputHash, signal } = parent;
  try {
    await passAnswerOn(run, paths, parent);
    await run.journal.append('job.linked', { job_id: jobId, input_hash: inputHash }, where);
    const compiled = { ...job, ...planOf(job, run.job.plan) };
    const { step, item } = where;
    const origin = { job_id: run.jobId, step, ...(item !== undefined && { item }) };
    const asksAsParent = job.plan.provider === undefined;
    const { end, costs } = await run.startChild({ job: compiled, jobId, parent: origin, signal, asksAsParent });
    noteCosts(run, { jobId, costs }, parent);
    return await endOf(paths, parent, end);
  } catch (error) {
    return { status: 'failed', error: named(jobId, OrchError.from(error)) };
  }
}

/** What a run spent before it was gone on with, its parent knows already. */
function noteCosts(
  { journal }: RunContext,
  { jobId, costs }: { readonly jobId: string; readonly costs: RunCosts },
  { where, inputHash, tally }: Parent,
): void {
  if (costs.provider_calls === 0) return;
  const known = journal.state.children.get(jobId)?.costs;
  tally.calls += costs.provider_calls - (known?.provider_calls ?? 0);
  tally.tokensIn += costs.tokens_in - (known?.tokens_in ?? 0);
  tally.tokensOut += costs.tokens_out - (known?.tokens_out ?? 0);
  journal.push('job.linked', { job_id: jobId, input_hash: inputHash, costs }, where);
}

/** A job that names no provider is answered by who answers its parent. */
function planOf({ plan }: SubJob, { provider }: Plan): { readonly plan: Plan; readonly planHash: Digest } {
  const whole = plan.provider === undefined && provider !== undefined ? { ...plan, provider } : plan;
  return { plan: whole, planHash: sha256(canonicalJson(whole)) };
}

/** The run that the step began before for these inputs, else a new one. */
function chooseId(run: RunContext, { where, inputHash }: Parent): string {
  const linked = [...run.journal.state.children.values()].filter((child) => isOf(child, where, inputHash));
  const last = linked.at(-1);
  if (last !== undefined && mayGoOn(run, where, last)) return last.jobId;
  const named = [run.jobId, where.step, where.item ?? null, inputHash];
  return `job_${sha256(canonicalJson(linked.length === 0 ? named : [...named, linked.length])).slice(0, 12)}`;
}

function isOf(child: LinkedRun, { step, item }: StepPlace, inputHash: Digest): boolean {
  return child.step === step && child.item === item && child.inputHash === inputHash;
}

/** Not one that was ended for good, nor, of a step that shall run anew, one that it began before. */
function mayGoOn(run: RunContext, { step }: StepPlace, { jobId, seq }: LinkedRun): boolean {
  if (run.anew.has(step) && seq <= run.openedAt) return false;
  const { events } = runPaths(run.paths.base, jobId);
  return !existsSync(events) || !ended.has(foldLog(events).state.status);
}

const ended: ReadonlySet<RunState> = new Set(['canceled', 'quarantined']);

/** What was answered to the step answers the question that its run asks. */
async function passAnswerOn(run: RunContext, paths: RunPaths, { where, inputHash }: Parent): Promise<void> {
  const thread = threadWith(run.leftovers.questions.own(where), inputHash);
  if (thread?.decision === undefined || !existsSync(paths.events)) return;
  const { granted, answer, by } = thread.decision;
  const open = await openQuestions(paths.dir);
  const asked = open.find((question) => relayed(paths, question) === thread.asked.question);
  if (asked === undefined) return;
  const unit = { step: asked.step, ...(asked.item !== undefined && { item: asked.item }) };
  const given = { granted, by, ...(answer !== undefined && { answer }) };
  await askRun(paths.dir, { kind: 'answer', ...unit, ...given }, run);
}

function relayed({ dir }: RunPaths, { question }: OpenQuestion): string {
  return `${basename(dir)}: ${question}`;
}

/** Of these the child's own hint names a step to resume from, which its parent does not have. */
const askedInVain: ReadonlySet<ErrorCode> = new Set(['rejected', 'expired']);

function again(step: string): string {
  return `To ask again, resume with --from ${step}.`;
}

async function endOf(
  paths: RunPaths,
  { where: { step }, take }: Parent,
  end: OrchEvent | undefined,
): Promise<SubRunEnd> {
  const jobId = basename(paths.dir);
  const fail = (error: OrchError): SubRunEnd => ({ status: 'failed', error: named(jobId, error) });
  switch (end?.type) {
    case 'job.succeeded':
      return resultOf(paths, take, step);
    case 'job.failed': {
      const { code, message, hint } = end.data.error;
      const place = placeOf(paths, end.data.error);
      return fail(new OrchError(code, `${place}${message}`, { hint: askedInVain.has(code) ? again(step) : hint }));
    }
    case 'job.canceled':
      return fail(new OrchError('canceled', end.data.reason));
    case 'job.waiting':
      return (
        (await waitingFor(paths)) ?? fail(new OrchError('interrupted', 'All that it asked was answered just now.'))
      );
    default:
      return fail(new OrchError('interrupted', 'It was stopped before its end.'));
  }
}

/** The step that a run failed for; nothing when it failed for another reason, such as its time. */
function placeOf({ events }: RunPaths, { code, message }: OrchEvent<'job.failed'>['data']['error']): string {
  const { failures } = foldLog(events).state;
  const failed = failures.find((failure) => failure.code === code && failure.message === message);
  if (failed?.step === undefined) return '';
  return failed.item === undefined ? `step ${failed.step}: ` : `step ${failed.step}, item ${failed.item}: `;
}

async function waitingFor(paths: RunPaths): Promise<SubRunEnd | undefined> {
  const [first] = await openQuestions(paths.dir);
  if (first === undefined) return undefined;
  const { options } = first;
  return { status: 'waiting', request: { question: relayed(paths, first), ...(options && { options }) } };
}

function named(jobId: string, error: OrchError): OrchError {
  const { code, message, hint, retryable } = error;
  if (message.startsWith(`${jobId}: `)) return error;
  return new OrchError(code, `${jobId}: ${message}`, {
    hint: hint ?? `Its own run tells more: orch show ${jobId}`,
    cause: error,
    retryable,
  });
}
