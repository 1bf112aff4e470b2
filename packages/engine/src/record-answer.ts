import { OrchError } from '@orch/contracts';
import type { InboxRequest } from '@orch/contracts';
import type { RunContext } from './run-context.ts';
import { unitAt } from './reuse.ts';

export type AnswerRequest = Extract<InboxRequest, { readonly kind: 'answer' }>;

/** Puts a person's answer into the log; false, and nothing is written, when nobody asked. */
export function recordAnswer(run: RunContext, request: AnswerRequest, id: string): boolean {
  const { step, item, granted, by, answer } = request;
  const where = { step, item };
  const unit = unitAt(run.journal.state, where);
  const asked = unit?.status === 'waiting' ? run.leftovers.questionOn(where) : undefined;
  if (asked === undefined) return false;
  const data = { ...asked, ...(answer !== undefined && { answer }), by, request: id };
  run.journal.push(granted ? 'approval.granted' : 'approval.rejected', data, where);
  return true;
}

/** Where an answer was given that nobody waits for. */
export function notAsked({ step, item }: AnswerRequest, waiting: readonly string[]): OrchError {
  const what = item === undefined ? `step ${step}` : `item ${item} of step ${step}`;
  const hint = waiting.length === 0 ? 'Nothing waits in this run.' : `What waits: ${waiting.join(', ')}.`;
  return new OrchError('usage', `Expected ${what} to wait for an answer, it does not.`, { hint });
}
