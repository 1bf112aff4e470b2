import { OrchError } from '@orch/contracts';
import type { EventData, Json, OutcomeExtra, PlanStep, StepScope } from '@orch/contracts';
import type { Outcome as NodeOutcome } from '@orch/dag';
import { hideError } from '@orch/secrets';
import { choiceOf } from '../exchange/choice.ts';
import { isBrokenNow } from './condition-scope.ts';
import { asksEachItem, isWanted } from './conditions.ts';
import { withDeadline } from './deadline.ts';
import { Fails } from './fails.ts';
import { failUnstarted, failureData } from './failure-data.ts';
import { nodeAt } from '../graph/graph.ts';
import type { RunNode } from '../graph/graph.ts';
import { shortened, storeOutput } from '../run/outputs.ts';
import { failureWith, keepFailure } from '../resume/kept-failure.ts';
import { afterLoss } from '../resume/lost-attempt.ts';
import { kindOf, prepareAttempt } from './prepare-attempt.ts';
import type { PreparedAttempt } from './prepare-attempt.ts';
import type { Settled } from '../run/results.ts';
import type { Tally } from '../exchange/purchase.ts';
import { produce } from './produce.ts';
import { retryDelay } from './retry-delay.ts';
import { restoreFiles } from '../resume/restore-files.ts';
import { renderWrites } from './render-writes.ts';
import { unitAt } from '../graph/unit.ts';
import { reuse, settledOf, successWith } from '../resume/reuse.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunContext } from '../run/run-context.ts';
import { scopeOf } from './scope.ts';
import { secondsSince } from '../run/seconds-since.ts';
import type { Produced } from './make-once.ts';
import { openHost } from './step-host.ts';
import { Waits, waitForAnswer } from '../questions/wait-for-answer.ts';

export type AttemptTask = {
  readonly step: PlanStep;
  readonly item?: { readonly key: string; readonly value: Json; readonly from: string | undefined };
  /** Of the run. */
  readonly signal: AbortSignal;
  /** Called before the attempt is logged; not when an earlier one will do. */
  readonly onStart?: (() => void) | undefined;
  /** It runs again also when it failed before, and the run went on without it. */
  readonly retries?: boolean | undefined;
};

type Started = AttemptTask & {
  readonly where: StepPlace;
  readonly began: number;
  readonly scope: StepScope;
  readonly prepared: PreparedAttempt;
  /** From 1, over all attempts of the run. */
  readonly attempt: number;
};

/** A step or item, from rendered inputs to its last event: reused, or started once. */
export async function runAttempt(run: RunContext, task: AttemptTask): Promise<NodeOutcome<Settled, RunNode>> {
  const { step, item } = task;
  const where = { step: step.id, item: item?.key };
  const ready = await makeReady(run, task, where).catch((error: unknown) => OrchError.from(error));
  if ('status' in ready) return ready;
  task.onStart?.();
  if (ready instanceof OrchError) return failUnstarted(run, where, ready);
  return afterLoss(run, step, ready) ?? startAttempt(run, task, ready);
}

type Ready = Pick<Started, 'step' | 'where' | 'scope' | 'prepared'>;

async function makeReady(
  run: RunContext,
  task: AttemptTask,
  where: Ready['where'],
): Promise<Ready | NodeOutcome<Settled, RunNode>> {
  const { step, item, retries = false } = task;
  const scope = scopeOf(run, step, item?.value);
  if (item === undefined || asksEachItem(step)) {
    if (!isWanted(step, scope)) return { status: 'skipped', reason: 'condition' };
  }
  const prepared = await prepareAttempt(run, task, scope);
  const ready = { step, where, scope, prepared };
  const reused = reuseWhole(run, ready);
  if (reused !== undefined) return reused;
  const facts = { state: run.journal.state, anew: run.anew, retryFailed: run.retryFailed || retries };
  const failure = failureWith(facts, { step, where, inputHash: prepared.inputHash });
  if (failure !== undefined) return keepFailure(run, where, failure);
  restoreFiles(run);
  return { ...ready, step: renderWrites(step, scope) };
}

/** What it made of these inputs before, with the steps that it added: as long as that is still what the job asks for. */
function reuseWhole(run: RunContext, ready: Ready): NodeOutcome<Settled, RunNode> | undefined {
  const { where, prepared } = ready;
  const added = run.plan.recall(where, prepared.inputHash);
  if (added === undefined || failsNow(run, ready)) return undefined;
  const reused = reuse(run, where, prepared.inputHash);
  return reused && { status: 'succeeded', value: reused, add: run.plan.join(where, added) };
}

function failsNow(run: RunContext, ready: Ready): boolean {
  const { step, where, prepared } = ready;
  if (step.assert === undefined || run.anew.has(step.id)) return false;
  const success = successWith(run.journal.state, where, prepared.inputHash);
  return success !== undefined && isBrokenNow(run, ready, settledOf(success.data, run.blobs));
}

async function startAttempt(run: RunContext, task: AttemptTask, ready: Ready): Promise<NodeOutcome<Settled, RunNode>> {
  const { step, where, prepared, scope } = ready;
  const { inputHash } = prepared;
  const attempt = (unitAt(run.journal.state, where)?.attempts ?? 0) + 1;
  const started: Started = { ...task, ...ready, attempt, began: run.clock.monotonic() };
  await run.journal.append('step.started', startedData(run, started), where);

  const deadline = withDeadline(run.clock, task.signal, { seconds: step.timeout_s, name: 'timeout_s' });
  const { signal, at } = deadline;
  const opened = openHost(run, { item: where.item, step, attempt, scope, inputHash, signal, deadline: at });
  try {
    const produced = await produce(run, { started, opened, deadline });
    const add = await run.plan.grow(where, inputHash, produced.steps);
    return { ...succeed(run, started, produced, opened.tally), add };
  } catch (error) {
    if (error instanceof Fails) return fail(run, started, error);
    if (!(error instanceof Waits)) return fail(run, started, { error: hideError(OrchError.from(error), run.hider) });
    const waited = waitForAnswer(run, where, { request: error.request, inputHash });
    return waited instanceof OrchError ? fail(run, started, { error: waited }) : waited;
  } finally {
    opened.close();
    deadline.done();
  }
}

function startedData(run: RunContext, { step, attempt, prepared }: Started): EventData['step.started'] {
  const asked = kindOf(run, step).asks === true ? choiceOf(run, step) : undefined;
  const candidate =
    asked === undefined
      ? {}
      : { candidate: { provider: asked.name, ...(asked.model === undefined ? {} : { model: asked.model }) } };
  return { attempt, input_hash: prepared.inputHash, worker: 'local', ...candidate };
}

type Succeeded = Extract<NodeOutcome<Settled, RunNode>, { readonly status: 'succeeded' }>;

function succeed(run: RunContext, started: Started, produced: Produced, tally: Tally): Succeeded {
  const { where, began, prepared } = started;
  const { files } = produced;
  const extra = produced.extra && storeOutput({ ...produced.extra }, run.blobs);
  const settled = { status: 'succeeded' as const, output: storeOutput(produced.output, run.blobs), files, extra };
  run.journal.push(
    'step.succeeded',
    {
      duration_s: secondsSince(run.clock, began),
      provider_calls: tally.calls,
      input_hash: prepared.inputHash,
      output: settled.output,
      files: shortened([...files], run.blobs),
      ...(extra && { extra }),
      ...(tally.calls > 0 && { tokens_in: tally.tokensIn, tokens_out: tally.tokensOut }),
    },
    where,
  );
  return { status: 'succeeded', value: settled };
}

/** The last event of a failed attempt: another try follows, or it is final. */
function fail(
  run: RunContext,
  { step, attempt, where, signal }: Started,
  { error, extra }: Pick<Fails, 'error'> & { readonly extra?: OutcomeExtra },
): NodeOutcome<Settled> {
  if (signal.aborted && error.code !== 'timeout') {
    run.journal.push('step.canceled', { reason: error.code }, where);
    return { status: 'skipped', reason: 'canceled' };
  }
  if (error.code === 'interrupted') {
    // What it ran for a while was told to pause: it goes on with the next attempt of the run.
    run.journal.push('step.canceled', { reason: error.code }, where);
    return { status: 'waiting', reason: error.message };
  }
  const more = extra && { extra: storeOutput({ ...extra }, run.blobs) };
  const data = { ...failureData(error, run.hider), attempt, ...more };
  const { tries = 0 } = unitAt(run.journal.state, where) ?? {};
  if (!error.retryable || signal.aborted || tries >= step.retry.tries) {
    run.journal.push('step.failed', data, where);
    run.results.set(nodeAt(where), { status: 'failed', error, ...more });
    return { status: 'failed', error };
  }
  const afterMs = retryDelay(step.retry, tries + 1);
  const next_attempt_at = new Date(run.clock.now() + afterMs).toISOString();
  run.journal.push('step.failed', { ...data, will_retry: true, next_attempt_at }, where);
  return { status: 'retry', afterMs };
}
