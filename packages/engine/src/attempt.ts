import { OrchError } from '@orch/contracts';
import type { EventData, FileRef, Json, Outcome, OutcomeExtra, PlanStep, Where } from '@orch/contracts';
import type { Outcome as NodeOutcome } from '@orch/dag';
import { collectWrites } from './collect-writes.ts';
import { withDeadline } from './deadline.ts';
import type { Deadline } from './deadline.ts';
import { storeOutput } from './outputs.ts';
import { kindOf, prepareAttempt } from './prepare-attempt.ts';
import type { PreparedAttempt } from './prepare-attempt.ts';
import type { Settled } from './results.ts';
import { retryDelay } from './retry-delay.ts';
import type { RunContext } from './run-context.ts';
import { scopeOf } from './scope.ts';
import { secondsSince } from './seconds-since.ts';
import { openHost } from './step-host.ts';
import type { OpenHost } from './step-host.ts';

export type AttemptTask = {
  readonly step: PlanStep;
  readonly item?: { readonly key: string; readonly value: Json; readonly from: string | undefined };
  /** From 1. */
  readonly attempt: number;
  /** Of the run. */
  readonly signal: AbortSignal;
};

type Started = AttemptTask & { readonly where: Where; readonly began: number; readonly prepared: PreparedAttempt };

/** One start of a step or item, from rendered inputs to its last event. */
export async function runAttempt(run: RunContext, task: AttemptTask): Promise<NodeOutcome<Settled>> {
  const { step, item, attempt } = task;
  const where = { step: step.id, item: item?.key };
  const began = run.clock.monotonic();
  const scope = scopeOf(run, step, item?.value);
  const prepared = await prepareAttempt(run, task, scope);
  const { inputHash } = prepared;
  const started: Started = { ...task, where, began, prepared };
  await run.journal.append('step.started', startedData(run, started), where);

  const deadline = withDeadline(run.clock, task.signal, step.timeout_s);
  const opened = openHost(run, { ...where, step, attempt, scope, inputHash, signal: deadline.signal });
  try {
    const outcome = await runKind(run, { started, opened, deadline });
    return outcome.status === 'succeeded'
      ? await succeed(run, started, { opened, outcome })
      : fail(run, started, outcome.error);
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

/** What the kind came to. Work that was stopped failed for the reason it was stopped, unless it succeeded all the same. */
async function runKind(run: RunContext, { started, opened, deadline }: Running): Promise<Outcome<Json>> {
  const { input } = started.prepared;
  if (!input.ok) return { status: 'failed', error: input.error };
  try {
    const outcome = await deadline.race(kindOf(run, started.step).run(input.value, opened.host));
    if (outcome.status === 'succeeded' || !deadline.signal.aborted) return outcome;
  } catch (error) {
    if (!deadline.signal.aborted) throw error;
  }
  return { status: 'failed', error: OrchError.from(deadline.signal.reason, 'canceled') };
}

type Success = { readonly opened: OpenHost; readonly outcome: Outcome<Json> & { readonly status: 'succeeded' } };

async function succeed(run: RunContext, started: Started, { opened, outcome }: Success): Promise<NodeOutcome<Settled>> {
  const { step, where, began, prepared } = started;
  const declared = await collectWrites(run, step, where.item);
  if (!declared.ok) return fail(run, started, declared.error);
  for (const file of declared.value) opened.written.set(file.path, file);
  const files = [...opened.written.values()];
  const settled = settle(run, outcome, files);
  const { calls, tokensIn, tokensOut } = opened.tally;
  run.journal.push(
    'step.succeeded',
    {
      duration_s: secondsSince(run.clock, began),
      provider_calls: calls,
      input_hash: prepared.inputHash,
      output: settled.output,
      files: files.length <= 64 ? files : storeOutput(files, run.blobs),
      ...(settled.extra === undefined ? {} : { extra: settled.extra }),
      ...(calls === 0 ? {} : { tokens_in: tokensIn, tokens_out: tokensOut }),
    },
    where,
  );
  return { status: 'succeeded', value: settled };
}

function settle(run: RunContext, outcome: Success['outcome'], files: readonly FileRef[]): Settled {
  const extra: OutcomeExtra | undefined = outcome.extra;
  return {
    output: storeOutput(outcome.output, run.blobs),
    files,
    extra: extra === undefined ? undefined : storeOutput({ ...extra }, run.blobs),
  };
}

/** The last event of a failed attempt: another try follows, or it is final. */
function fail(run: RunContext, { step, attempt, where, signal }: Started, error: OrchError): NodeOutcome<Settled> {
  if (signal.aborted && error.code !== 'timeout') {
    run.journal.push('step.canceled', { reason: error.code }, where);
    return { status: 'failed', error };
  }
  const data = { ...failureData(error), attempt };
  if (!error.retryable || signal.aborted || attempt > step.retry.tries) {
    run.journal.push('step.failed', data, where);
    return { status: 'failed', error };
  }
  const afterMs = retryDelay(step.retry, attempt);
  const next_attempt_at = new Date(run.clock.now() + afterMs).toISOString();
  run.journal.push('step.failed', { ...data, will_retry: true, next_attempt_at }, where);
  return { status: 'retry', afterMs };
}

/** An error in the words of the log; a message of more than 4 kB is cut. */
export function failureData({ kind, code, message, hint }: OrchError) {
  const said = message.length > 4_096 ? `${message.slice(0, 4_096)} …` : message;
  return { kind, code, message: said, ...(hint === undefined ? {} : { hint }) };
}
