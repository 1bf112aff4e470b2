import { OrchError } from '@orch/contracts';
import type { ApprovalRequest, Digest } from '@orch/contracts';
import type { Outcome as NodeOutcome } from '@orch/dag';
import { nameOf } from './loss-question.ts';
import { isExpired, threadWith } from './questions.ts';
import type { Asked, Thread } from './questions.ts';
import type { Settled } from '../run/results.ts';
import { unitAt } from '../graph/unit.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunContext } from '../run/run-context.ts';

/** Thrown through the stages of an attempt that a person has to answer first: no failure, and never cached. */
export class Waits extends Error {
  override readonly name = 'Waits';
  readonly request: ApprovalRequest;

  constructor(request: ApprovalRequest) {
    super(request.question);
    this.request = request;
  }
}

/** Of a question, in characters: it stands in an event. */
const longest = 8_000;

/**
 * Ends an attempt with its question to a person, and parks its node. A question that is still open is not asked twice,
 * nor does it get more time; one that nobody answered in time is the error.
 */
export function waitForAnswer(
  run: RunContext,
  where: StepPlace,
  { request, inputHash }: { readonly request: ApprovalRequest; readonly inputHash: Digest },
): NodeOutcome<Settled> | OrchError {
  const question = cut(request.question);
  const thread = threadWith(run.leftovers.questions.own(where), inputHash);
  if (thread?.asked.question === question && isDecidedMeanwhile(run, where, thread))
    return againAtOnce(run, where, thread);
  const isOpen = thread?.decision === undefined && thread?.asked.question === question;
  const asked = isOpen ? thread.asked : askPerson(run, where, toAsked(run, { ...request, question }, inputHash));
  return isExpired(asked, run.clock.now()) ? unanswered(where, asked) : park(run, where, asked);
}

/** The answer came while the attempt that was to ask for it again went on. */
function isDecidedMeanwhile(run: RunContext, where: StepPlace, { decision }: Thread): boolean {
  const { startedAt = '' } = unitAt(run.journal.state, where) ?? {};
  return decision !== undefined && decision.at >= startedAt;
}

function againAtOnce(run: RunContext, where: StepPlace, { asked }: Thread): NodeOutcome<Settled> {
  run.journal.push('step.waiting', asked, where);
  return { status: 'retry', afterMs: 0 };
}

/** Puts a question to a person into the log. */
export function askPerson(run: RunContext, where: StepPlace, asked: Asked): Asked {
  run.journal.push('approval.requested', asked, where);
  return asked;
}

/** The node waits for the answer, or until nobody may give one any more. */
export function park(run: RunContext, where: StepPlace, asked: Asked): NodeOutcome<Settled> {
  run.journal.push('step.waiting', asked, where);
  const answered = run.leftovers.questions.answered(where);
  const { expires_at: at } = asked;
  const until = at === undefined ? answered : Promise.race([answered, sleepUntil(run, at)]);
  return { status: 'waiting', reason: asked.question, until };
}

function toAsked({ clock }: RunContext, { question, options, expiresS }: ApprovalRequest, input_hash: Digest): Asked {
  return {
    question,
    input_hash,
    ...(options && { options: [...options] }),
    ...(expiresS !== undefined && { expires_at: new Date(clock.now() + expiresS * 1_000).toISOString() }),
  };
}

function sleepUntil({ clock, over }: RunContext, at: string): Promise<void> {
  return clock.sleep(Math.max(0, Date.parse(at) - clock.now()), over);
}

function unanswered(where: StepPlace, { question, expires_at }: Asked): OrchError {
  return new OrchError('expired', `Expected an answer until ${expires_at}, nobody gave one: ${question}`, {
    hint: `To ask again, resume with --from ${where.step}.`,
    details: { step: nameOf(where) },
  });
}

function cut(text: string): string {
  return text.length > longest ? `${text.slice(0, longest)} …` : text;
}
