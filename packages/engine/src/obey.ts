import { OrchError } from '@orch/contracts';
import type { Received } from './inbox.ts';
import { removeRequest } from './inbox.ts';
import { unitAt } from './reuse.ts';
import type { RunContext } from './run-context.ts';

/** Turns an answer that was left in the inbox into an event, then removes it. An answer that nobody asked for is dropped. */
export async function recordAnswer(run: RunContext, { id, request }: Received): Promise<void> {
  if (request.kind !== 'answer') throw new OrchError('internal', `Expected an answer, got ${request.kind}.`);
  const { step, item, granted, by, answer } = request;
  const where = { step, item };
  const asked = run.leftovers.questionOn(where);
  const isOpen = asked !== undefined && !run.leftovers.handled.has(id);
  if (isOpen && unitAt(run.journal.state, where)?.status === 'waiting') {
    const data = { ...asked, ...(answer !== undefined && { answer }), by, request: id };
    await run.journal.append(granted ? 'approval.granted' : 'approval.rejected', data, where);
  }
  removeRequest(run.paths.inbox, id);
}
