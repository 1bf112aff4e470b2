import { OrchError } from '@orch/contracts';
import type { Digest, PlanStep } from '@orch/contracts';
import type { Outcome as NodeOutcome } from '@orch/dag';
import type { FailedAttempt } from '@orch/events';
import { nodeAt } from '../graph/graph.ts';
import type { Lapsed, Settled } from '../run/results.ts';
import { unitAt } from '../graph/unit.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunContext } from '../run/run-context.ts';

/** The failure that a step or item with these inputs ended with before, when the run went on without it and shall again. */
export function failureWith(
  {
    state,
    anew,
    retryFailed,
  }: { readonly state: RunContext['journal']['state'] } & Pick<RunContext, 'anew' | 'retryFailed'>,
  { step, where, inputHash }: { readonly step: PlanStep; readonly where: StepPlace; readonly inputHash: Digest },
): FailedAttempt | undefined {
  if (step.on_failure !== 'continue' || retryFailed || anew.has(step.id)) return undefined;
  const failure = unitAt(state, where)?.failure;
  return failure?.inputHash === inputHash ? failure : undefined;
}

/** Puts into the log that it stays as it is. */
export function keepFailure(run: RunContext, where: StepPlace, { data }: FailedAttempt): NodeOutcome<Settled> {
  run.journal.push('step.failed', data, where);
  const lapsed = lapsedOf(data);
  run.results.set(nodeAt(where), lapsed);
  return { status: 'failed', error: lapsed.error };
}

/** How a step or item came to nothing, as the log told it. */
export function lapsedOf(data: FailedAttempt['data']): Lapsed {
  return { status: 'failed', error: failureOf(data), extra: data.extra };
}

function failureOf({ code, message, hint }: FailedAttempt['data']): OrchError {
  return new OrchError(code, message, { hint });
}
