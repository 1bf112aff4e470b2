import { OrchError } from '@orch/contracts';
import type { InboxRequest, StepState } from '@orch/contracts';
import type { RunView } from '@orch/events';
import type { Leftovers } from '../resume/leftovers.ts';
import { isExpired } from './questions.ts';
import type { Asked, Thread } from './questions.ts';
import type { RunContext } from '../run/run-context.ts';
import { unitAt } from '../graph/unit.ts';
import { waitingFor } from '../run/run-end.ts';

export type AnswerRequest = Extract<InboxRequest, { readonly kind: 'answer' }>;

/** What an answer is judged by. */
export type AskingRun = {
  readonly state: RunView;
  readonly questions: Leftovers['questions'];
  /** Milliseconds since the epoch. */
  readonly now: number;
};

/** Bytes of JSON: an answer stands in an event. */
const longestAnswer = 16 * 1024;

/** Puts a person's answer into the log; returns why not, and nothing is written, when it does not fit what was asked. */
export function recordAnswer(run: RunContext, request: AnswerRequest, id: string): OrchError | undefined {
  const { journal, leftovers, clock } = run;
  const judged = judgeAnswer(request, { state: journal.state, questions: leftovers.questions, now: clock.now() });
  if (judged instanceof OrchError) return judged;
  const { step, item, granted, by, answer } = request;
  const data = { ...judged.asked, ...(answer !== undefined && { answer }), by, request: id };
  journal.push(granted ? 'approval.granted' : 'approval.rejected', data, { step, item });
  return undefined;
}

/** The question that it answers; or why it does not. */
export function judgeAnswer(request: AnswerRequest, { state, questions, now }: AskingRun): Thread | OrchError {
  if (state.status === 'canceled') {
    return new OrchError('usage', `Expected a run that goes on or may, ${state.jobId} was canceled.`);
  }
  const { status = 'pending', failure } = unitAt(state, request) ?? {};
  const asks = mayStillAsk.has(status) || failure?.data.code === 'expired';
  const thread = asks ? questions.last(request) : undefined;
  if (thread === undefined) return notAsked(request, waitingFor(state, questions));
  const { asked, decision } = thread;
  if (decision !== undefined) {
    return new OrchError('usage', `Expected a question that is open, ${decision.by} answered it at ${decision.at}.`);
  }
  if (isExpired(asked, now)) {
    return new OrchError(
      'usage',
      `Expected an answer until ${asked.expires_at}: the question expired then, it is too late now.`,
      {
        hint: `To ask again, resume with --from ${request.step}.`,
      },
    );
  }
  return misfit(request, asked) ?? thread;
}

/** Also one whose turn has not come since the run went on, or that is about to ask again: who answers need not wait. */
const mayStillAsk: ReadonlySet<StepState> = new Set(['waiting', 'pending', 'running']);

function misfit({ granted, answer }: AnswerRequest, { options }: Asked): OrchError | undefined {
  if (answer !== undefined && Buffer.byteLength(JSON.stringify(answer)) > longestAnswer) {
    return new OrchError('usage', `Expected an answer of at most ${longestAnswer / 1024} kB, got more.`);
  }
  if (!granted || options === undefined) return undefined;
  if (typeof answer === 'string' && options.includes(answer)) return undefined;
  const got = answer === undefined ? 'none' : JSON.stringify(answer).slice(0, 200);
  return new OrchError('usage', `Expected an answer of ${options.join(', ')}; got ${got}.`, {
    hint: `${options.map((option) => `--answer ${JSON.stringify(option)}`).join(', ')}, or --reject`,
  });
}

function notAsked({ step, item }: AnswerRequest, waiting: readonly string[]): OrchError {
  const what = item === undefined ? `step ${step}` : `item ${item} of step ${step}`;
  const hint =
    waiting.length === 0
      ? 'Nothing waits in this run.'
      : `What waits: ${waiting.map((unit) => unit.replace('/', ' ')).join(', ')}.`;
  return new OrchError('usage', `Expected ${what} to wait for an answer, it does not.`, { hint });
}
