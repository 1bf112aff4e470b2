import { OrchError } from '@orch/contracts';
import type { EventData, Hider } from '@orch/contracts';
import type { RunView } from '@orch/events';
import { failureData } from '../attempt/failure-data.ts';
import type { Leftovers } from '../resume/leftovers.ts';
import { openThreads } from '../questions/open-questions.ts';
import type { RunContext } from './run-context.ts';
import type { StepsResult } from './run-steps.ts';
import { secondsSince } from './seconds-since.ts';

/** Logs how this attempt of the run ended. What stopped it decides: a person, a signal, the time, or a failed step. */
export async function endRun(run: RunContext, steps: StepsResult, stopped: OrchError | undefined): Promise<void> {
  const end = { duration_s: secondsSince(run.clock, run.began), artifacts: run.journal.state.artifacts.size };
  if (steps.status === 'succeeded') return run.journal.append('job.succeeded', end);
  const waiting_for = waitingFor(run.journal.state, run.leftovers.questions);
  // A sub-job that was paused is parked like one that waits, but nobody is asked anything.
  const waits = waiting_for.length > 0 || stopped === undefined;
  if (steps.status === 'waiting' && waits) return run.journal.append('job.waiting', { ...end, waiting_for });
  if (stopped?.code === 'interrupted') return run.journal.append('job.paused', { ...end, reason: 'interrupted' });
  if (stopped?.code === 'canceled')
    return run.journal.append('job.canceled', { ...end, ...canceledData(stopped, run.hider) });
  return run.journal.append('job.failed', {
    ...end,
    error: failureData(stopped ?? steps.error ?? unended(), run.hider),
  });
}

/** Why it was canceled, and by which request of the inbox. */
function canceledData(stopped: OrchError, hider: Hider): Pick<EventData['job.canceled'], 'reason' | 'request'> {
  const { request } = stopped.details ?? {};
  return { reason: failureData(stopped, hider).message, ...(typeof request === 'string' && { request }) };
}

/** The steps and items with a question to a person that nobody has answered yet, as `step` or `step/item`. */
export function waitingFor(state: RunView, questions: Leftovers['questions']): string[] {
  return openThreads(state, questions).map(({ step, item }) => (item === undefined ? step : `${step}/${item}`));
}

function unended(): OrchError {
  return new OrchError('internal', 'The job ended before its steps did.');
}
