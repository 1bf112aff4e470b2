import { OrchError } from '@orch/contracts';
import type { Digest, PlanStep } from '@orch/contracts';
import type { Outcome as NodeOutcome } from '@orch/dag';
import { failUnstarted } from '../attempt/failure-data.ts';
import { lossQuestion, nameOf } from '../questions/loss-question.ts';
import type { PreparedAttempt } from '../attempt/prepare-attempt.ts';
import { threadWith } from '../questions/questions.ts';
import type { Settled } from '../run/results.ts';
import { unitAt } from '../graph/unit.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunContext } from '../run/run-context.ts';
import { askPerson, park } from '../questions/wait-for-answer.ts';

/** Attempts in a row that may be lost with their process before the step counts as what ends it. */
const mostLost = 3;

type Found = { readonly where: StepPlace; readonly prepared: PreparedAttempt };

/** What `on_lost` makes of a step whose last attempt was open when its process died; undefined when it runs (again). */
export function afterLoss(
  run: RunContext,
  step: PlanStep,
  { where, prepared: { inputHash } }: Found,
): NodeOutcome<Settled> | undefined {
  const lost = unitAt(run.journal.state, where)?.lost ?? 0;
  if (lost === 0) return undefined;
  if (step.on_lost === 'ask') return askOrObey(run, where, inputHash);
  if (step.on_lost === 'rerun' && lost < mostLost) return undefined;
  return failUnstarted(run, where, step.on_lost === 'fail' ? wasLost(where) : lostTooOften(where, lost));
}

function askOrObey(run: RunContext, where: StepPlace, input_hash: Digest): NodeOutcome<Settled> | undefined {
  const thread = threadWith(run.leftovers.questions.loss(where), input_hash);
  if (thread?.decision === undefined) {
    return park(run, where, thread?.asked ?? askPerson(run, where, { question: lossQuestion(where), input_hash }));
  }
  return thread.decision.granted ? undefined : failUnstarted(run, where, wasLost(where));
}

function wasLost(where: StepPlace): OrchError {
  return new OrchError(
    'interrupted',
    `${nameOf(where)} was open when its process died, and shall not just run again.`,
    {
      hint: 'See what it has done, then resume: it runs then.',
    },
  );
}

function lostTooOften(where: StepPlace, lost: number): OrchError {
  return new OrchError('interrupted', `${nameOf(where)} was open ${lost} times in a row when its process died.`, {
    hint: 'Does it end the process that runs it? To try it once more, resume.',
  });
}
