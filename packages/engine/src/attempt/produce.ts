import { OrchError } from '@orch/contracts';
import { hideThrown } from '@orch/secrets';
import type { Answer, Json, Outcome, StepHost, StepScope } from '@orch/contracts';
import { collectWrites } from './collect-writes.ts';
import { scopeWith } from './condition-scope.ts';
import { brokenAssertion, holds } from './conditions.ts';
import type { AttemptTask } from './attempt.ts';
import { Fails } from './fails.ts';
import { hideOutcome } from './hide-outcome.ts';
import type { Deadline } from './deadline.ts';
import { makeOnce } from './make-once.ts';
import type { Produced } from './make-once.ts';
import { kindOf } from './prepare-attempt.ts';
import type { PreparedAttempt } from './prepare-attempt.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunContext } from '../run/run-context.ts';
import type { OpenHost } from './step-host.ts';
import { Waits } from '../questions/wait-for-answer.ts';

/** An attempt that has begun. Its step's `writes` are rendered. */
export type Running = {
  readonly started: Pick<AttemptTask, 'step'> & {
    readonly where: StepPlace;
    readonly scope: StepScope;
    readonly prepared: PreparedAttempt;
  };
  readonly opened: OpenHost;
  readonly deadline: Deadline;
};

/** What an attempt makes, or an earlier run made for all. Throws what it fails with. */
export async function produce(run: RunContext, running: Running): Promise<Produced> {
  const { step, where, prepared } = running.started;
  if (!prepared.input.ok) throw prepared.input.error;
  const { value: input } = prepared.input;
  const isShared = kindOf(run, step).asks !== true && (step.cache === 'on' || step.cache === 'refresh');
  if (!isShared) return make(run, running, input);
  const task = { step, where, inputs: prepared.inputs, signal: running.deadline.signal };
  const made = await makeOnce(run, task, () => make(run, running, input));
  requireAssertions(run, running, made);
  return made;
}

function make(run: RunContext, running: Running, input: unknown): Promise<Produced> {
  const { assert, repeat_until } = running.started.step;
  if (assert === undefined && repeat_until === undefined)
    return runKind(run, running, { input, host: running.opened.host });
  return makeTrue(run, running, input);
}

/** Does it, again and again where the step says so, until its conditions hold; the answers it got when they do not are rejected. */
async function makeTrue(run: RunContext, running: Running, input: unknown): Promise<Produced> {
  const { host, answers } = noting(running.opened.host);
  try {
    const made = await repeat(run, running, { answers, once: () => runKind(run, running, { input, host }) });
    requireAssertions(run, running, made);
    return made;
  } catch (error) {
    if (!OrchError.is(error) || error.code !== 'assertion') throw error;
    for (const answer of answers) {
      if (!run.rejected.has(answer.key)) await host.reject(answer, 'assert', error.message);
    }
    throw error;
  }
}

type Rounds = { readonly once: () => Promise<Produced>; readonly answers: readonly Answer[] };

async function repeat(run: RunContext, running: Running, { once, answers }: Rounds): Promise<Produced> {
  const { started, opened, deadline } = running;
  const { id, repeat_until: until } = started.step;
  for (let round = 1; ; round++) {
    const made = await once();
    if (until === undefined) return made;
    const scope = { ...scopeWith(run.results, started.scope, made), round };
    if (holds(`steps.${id}.repeat_until`, until.that, scope)) return made;
    if (round >= until.max) throw notTrue(until.that, round);
    const stopped = stopReason(deadline);
    if (stopped !== undefined) throw stopped;
    opened.passOver(round, answers);
    opened.written.clear();
  }
}

function notTrue(condition: string, rounds: number): OrchError {
  return new OrchError(
    'assertion',
    `repeat_until: not true after ${rounds} ${rounds === 1 ? 'round' : 'rounds'}: ${condition}`,
  );
}

function requireAssertions(run: RunContext, { started }: Running, made: Produced): void {
  if (started.step.assert === undefined) return;
  const broken = brokenAssertion(started.step, scopeWith(run.results, started.scope, made));
  if (broken !== undefined) throw broken;
}

/** The same host; `answers` are those it gave. */
function noting(host: StepHost): { readonly host: StepHost; readonly answers: readonly Answer[] } {
  const answers: Answer[] = [];
  const ask: StepHost['ask'] = async (question) => {
    const answer = await host.ask(question);
    if (answer.ok) answers.push(answer.value);
    return answer;
  };
  return { host: { ...host, ask }, answers };
}

type Work = { readonly input: unknown; readonly host: StepHost };

/** What the kind made. Work that was stopped failed for the reason it was stopped, unless it went well all the same. */
async function runKind(run: RunContext, running: Running, { input, host }: Work): Promise<Produced> {
  const { started, opened, deadline } = running;
  const { step, where } = started;
  const came = await deadline.race(kindOf(run, step).run(input, host)).catch((error: unknown) => {
    const isOfStop = OrchError.is(error) && error.cause === deadline.signal.reason;
    throw hideThrown(isOfStop ? error : (stopReason(deadline) ?? error), run.hider);
  });
  const outcome = hideOutcome(came, run.hider);
  if (outcome.status === 'failed') throw stopReason(deadline) ?? failureIn(outcome);
  if (outcome.status === 'waiting') throw new Waits(outcome.request);
  const declared = await collectWrites(run, step, where.item);
  if (!declared.ok) throw declared.error;
  for (const file of declared.value) opened.written.set(file.path, file);
  return {
    output: outcome.output,
    files: [...opened.written.values()],
    ...(outcome.extra && { extra: outcome.extra }),
    ...(outcome.steps && { steps: outcome.steps }),
  };
}

function failureIn({ error, extra }: Extract<Outcome<Json>, { readonly status: 'failed' }>): Error {
  return extra === undefined ? error : new Fails(error, extra);
}

function stopReason({ signal }: Deadline): OrchError | undefined {
  return signal.aborted ? OrchError.from(signal.reason, 'canceled') : undefined;
}
