import { OrchError } from '@orch/contracts';
import { mkdirSync } from 'node:fs';
import { removeRequest, watchInbox } from './inbox.ts';
import type { Received } from './inbox.ts';
import { recordAnswer } from './record-answer.ts';
import type { RunContext } from '../run/run-context.ts';

export type FollowedInbox = {
  /** Aborts when somebody wants the run canceled; the reason names the request. */
  readonly canceled: AbortSignal;
  /** Stops listening; what was asked for and came true, or too late, is removed. */
  readonly close: () => Promise<void>;
};

/** Does what others ask of a run while it goes on. */
export function followInbox(run: RunContext): FollowedInbox {
  const canceled = new AbortController();
  const cancels: string[] = [];
  const taken: Promise<void>[] = [];
  const onRequest = ({ id, request }: Received): void => {
    if (run.leftovers.handled.has(id)) return removeRequest(run.paths.inbox, id);
    if (request.kind === 'answer') {
      // One that does not fit is dropped: who left it finds that the log does not tell of it.
      recordAnswer(run, request, id);
      const remove = (): void => removeRequest(run.paths.inbox, id);
      // A log that can no longer be written ends the run elsewhere; the request stays then.
      return void taken.push(run.journal.settle().then(remove, () => undefined));
    }
    cancels.push(id);
    canceled.abort(canceledBy(request.reason, id));
  };
  mkdirSync(run.paths.inbox, { recursive: true });
  const inbox = watchInbox(run.paths.inbox, onRequest);
  return {
    canceled: canceled.signal,
    async close() {
      inbox.close();
      for (const id of cancels) removeRequest(run.paths.inbox, id);
      await Promise.all(taken);
    },
  };
}

function canceledBy(reason: string, request: string): OrchError {
  return new OrchError('canceled', reason, { details: { request } });
}
