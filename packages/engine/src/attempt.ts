import { OrchError } from '@orch/contracts';
import type { EventData, Json, PlanStep, StepScope } from '@orch/contracts';
import type { Outcome as NodeOutcome } from '@orch/dag';
import { collectWrites } from './collect-writes.ts';
import { withDeadline } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { failUnstarted, failureData } from './failure-data.ts';
import { shortened, storeOutput } from './outputs.ts';
import { afterLoss } from './lost-attempt.ts';
import { kindOf, prepareAttempt } from './prepare-attempt.ts';
import type { PreparedAttempt } from './prepare-attempt.ts';
import type { Settled } from './results.ts';
import type { Tally } from './purchase.ts';
import { retryDelay } from './retry-delay.ts';
import { restoreFiles } from './restore-files.ts';
import { reuse, unitAt } from './reuse.ts';
import type { StepPlace } from './reuse.ts';
import type { RunContext } from './run-context.ts';
import { scopeOf } from './scope.ts';
import { secondsSince } from './seconds-since.ts';
import { makeOnce } from './make-once.ts';
import type { Produced } from './make-once.ts';
import { openHost } from './step-host.ts';
import type { OpenHost } from './step-host.ts';

export type AttemptTask = {
  readonly step: PlanStep;
  readonly item?: { readonly key: string; readonly value: Json; readonly from: string | undefined };
  /** Of the run. */
  readonly signal: AbortSignal;
  /** Called before the attempt is logged; not when an earlier one will do. */
  readonly onStart?: (() => void) | undefined;
};

type Started = AttemptTask & {
  readonly where: StepPlace;
  readonly began: number;
  readonly prepared: PreparedAttempt;
  /** From 1, over all attempts of the run. */
  readonly attempt: number;
};

/** A step or item, from rendered inputs to its last event: reused, or started once. */
export async function runAttempt(run: RunContext, task: AttemptTask): Promise<NodeOutcome<Settled>> {
  const { step, item } = task;
  const where = { step: step.id, item: item?.key };
  const ready = await makeReady(run, task, where).catch((error: unknown) => OrchError.from(error));
  if ('status' in ready) return ready;
  task.onStart?.();
  if (ready instanceof OrchError) return failUnstarted(run, where, ready);
  return afterLoss(run, step, ready) ?? startAttempt(run, task, ready);
}

type Ready = Pick<Started, 'where' | 'prepared'> & { readonly scope: StepScope };

async function makeReady(
  run: RunContext,
  task: AttemptTask,
  where: Ready['where'],
): Promise<Ready | NodeOutcome<Settled>> {
  const scope = scopeOf(run, task.step, task.item?.value);
  const prepared = await prepareAttempt(run, task, scope);
  const reused = reuse(run, where, prepared.inputHash);
  if (reused !== undefined) return { status: 'succeeded', value: reused };
  restoreFiles(run);
  return { where, scope, prepared };
}

async function startAttempt(run: RunContext, task: AttemptTask, ready: Ready): Promise<NodeOutcome<Settled>> {
  const { step } = task;
  const { where, prepared, scope } = ready;
  const { inputHash } = prepared;
  const attempt = (unitAt(run.journal.state, where)?.attempts ?? 0) + 1;
  const started: Started = { ...task, ...ready, attempt, began: run.clock.monotonic() };
  await run.journal.append('step.started', startedData(run, started), where);

  const deadline = withDeadline(run.clock, task.signal, step.timeout_s);
  const opened = openHost(run, { item: where.item, step, attempt, scope, inputHash, signal: deadline.signal });
  try {
    const produced = await produce(run, { started, opened, deadline });
    return succeed(run, started, produced, opened.tally);
  } catch (error) {
    return fail(run, started, OrchError.from(error));
  } finally {
    opened.close();
    deadline.done();
  }
}

function startedData(run: RunContext, { step, attempt, prepared }: Started): EventData['step.started'] {
  const asked = kindOf(run, step).asks === true ? run.job.plan.provider : undefined;
  const candidate =
    asked === undefined
      ? {}
      : { candidate: { provider: asked.name, ...(asked.model === undefined ? {} : { model: asked.model }) } };
  return { attempt, input_hash: prepared.inputHash, worker: 'local', ...candidate };
}

type Running = { readonly started: Started; readonly opened: OpenHost; readonly deadline: Deadline };

async function produce(run: RunContext, running: Running): Promise<Produced> {
  const { step, where, prepared } = running.started;
  if (!prepared.input.ok) throw prepared.input.error;
  const { value: input } = prepared.input;
  const isShared = kindOf(run, step).asks !== true && (step.cache === 'on' || step.cache === 'refresh');
  if (!isShared) return runKind(run, running, input);
  const task = { step, where, inputs: prepared.inputs, signal: running.deadline.signal };
  return makeOnce(run, task, () => runKind(run, running, input));
}

/** What the kind made. Work that was stopped failed for the reason it was stopped, unless it went well all the same. */
async function runKind(run: RunContext, { started, opened, deadline }: Running, input: unknown): Promise<Produced> {
  const { step, where } = started;
  const outcome = await deadline.race(kindOf(run, step).run(input, opened.host)).catch((error: unknown) => {
    throw OrchError.is(error) && error.cause === deadline.signal.reason ? error : (stopReason(deadline) ?? error);
  });
  if (outcome.status === 'failed') throw stopReason(deadline) ?? outcome.error;
  const declared = await collectWrites(run, step, where.item);
  if (!declared.ok) throw declared.error;
  for (const file of declared.value) opened.written.set(file.path, file);
  return {
    output: outcome.output,
    files: [...opened.written.values()],
    ...(outcome.extra && { extra: outcome.extra }),
  };
}

function stopReason({ signal }: Deadline): OrchError | undefined {
  return signal.aborted ? OrchError.from(signal.reason, 'canceled') : undefined;
}

function succeed(run: RunContext, started: Started, produced: Produced, tally: Tally): NodeOutcome<Settled> {
  const { where, began, prepared } = started;
  const { files } = produced;
  const extra = produced.extra && storeOutput({ ...produced.extra }, run.blobs);
  const settled = { output: storeOutput(produced.output, run.blobs), files, extra };
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
function fail(run: RunContext, { step, attempt, where, signal }: Started, error: OrchError): NodeOutcome<Settled> {
  if (signal.aborted && error.code !== 'timeout') {
    run.journal.push('step.canceled', { reason: error.code }, where);
    return { status: 'skipped', reason: 'canceled' };
  }
  const data = { ...failureData(error), attempt };
  const { tries = 0 } = unitAt(run.journal.state, where) ?? {};
  if (!error.retryable || signal.aborted || tries >= step.retry.tries) {
    run.journal.push('step.failed', data, where);
    return { status: 'failed', error };
  }
  const afterMs = retryDelay(step.retry, tries + 1);
  const next_attempt_at = new Date(run.clock.now() + afterMs).toISOString();
  run.journal.push('step.failed', { ...data, will_retry: true, next_attempt_at }, where);
  return { status: 'retry', afterMs };
}
