import { OrchError } from '@orch/contracts';
import type { EventData } from '@orch/contracts';
import type { RunView } from '@orch/events';
import { failureData } from './failure-data.ts';
import type { RunContext } from './run-context.ts';
import type { StepsResult } from './run-steps.ts';
import { secondsSince } from './seconds-since.ts';

/** Logs how this attempt of the run ended. What stopped it decides: a person, a signal, the time, or a failed step. */
export async function endRun(run: RunContext, steps: StepsResult, stopped: OrchError | undefined): Promise<void> {
  const end = { duration_s: secondsSince(run.clock, run.began), artifacts: run.journal.state.artifacts.size };
  if (steps.status === 'succeeded') return run.journal.append('job.succeeded', end);
  if (steps.status === 'waiting')
    return run.journal.append('job.waiting', { ...end, waiting_for: waitingFor(run.journal.state) });
  if (stopped?.code === 'interrupted') return run.journal.append('job.paused', { ...end, reason: 'interrupted' });
  if (stopped?.code === 'canceled') return run.journal.append('job.canceled', { ...end, ...canceledData(stopped) });
  return run.journal.append('job.failed', failedData(end, stopped ?? steps.error));
}

/** Why it was canceled, and by which request of the inbox. */
function canceledData(stopped: OrchError): Pick<EventData['job.canceled'], 'reason' | 'request'> {
  const { request } = stopped.details ?? {};
  return { reason: failureData(stopped).message, ...(typeof request === 'string' && { request }) };
}

/** The steps and items with a question to a person. */
export function waitingFor(state: RunView): string[] {
  return [...state.steps].flatMap(([step, { status, items }]) => {
    const waiting = [...items].filter(([, item]) => item.status === 'waiting').map(([key]) => `${step}/${key}`);
    return status === 'waiting' ? [step, ...waiting] : waiting;
  });
}

function failedData(
  end: { duration_s: number; artifacts: number },
  error: OrchError | undefined,
): EventData['job.failed'] {
  const cause = error ?? new OrchError('internal', 'The job ended before its steps did.');
  return { ...end, error: failureData(cause) };
}
