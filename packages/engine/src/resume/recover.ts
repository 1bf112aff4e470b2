import { endGroup, markedGroups } from '@orch/process';
import type { Where } from '@orch/contracts';
import type { OpenRequest } from './leftovers.ts';
import { tellKept } from '../exchange/tell-exchange.ts';
import type { RunContext } from '../run/run-context.ts';
import { unitAt } from '../graph/unit.ts';

/**
 * Ends what a process that died left open: its commands, the requests whose answers it kept but could not log any
 * more, and its attempts, which count as lost. Nothing of the run may start before. Answers of a run that came from
 * another machine stay in its folder.
 */
export async function recover(run: RunContext, isFromHere: boolean): Promise<void> {
  if (run.journal.state.status === 'running') await settleOpen(run);
  if (isFromHere) for (const key of run.leftovers.recovered) run.recovered.add(key);
}

async function settleOpen(run: RunContext): Promise<void> {
  const open = openUnits(run);
  await Promise.all(open.map((where) => endCommands(run, where)));
  for (const request of run.leftovers.requests.values()) tellAnswer(run, request);
  for (const where of open) run.journal.push('step.canceled', { reason: 'process_lost' }, where);
  await run.journal.settle();
}

/** Items before their steps. */
function openUnits({ journal }: RunContext): Where[] {
  return [...journal.state.steps].flatMap(([step, { status, items }]) => {
    const open: Where[] = [...items].filter(([, item]) => item.status === 'running').map(([item]) => ({ step, item }));
    return status === 'running' ? [...open, { step }] : open;
  });
}

/** Those that the log tells of, and those that were started when it could not tell any more. */
async function endCommands(run: RunContext, where: Where): Promise<void> {
  const { inputHash, startedAt = '' } = unitAt(run.journal.state, where) ?? {};
  // The key alone is that of every run whose step has the same inputs.
  const mark = `ORCH_JOB_ID=${run.jobId}`;
  const told = run.leftovers.processesOf(where).map(({ pgid, started_at: at }) => ({ pgid, startedAt: at }));
  const untold = markedGroups(mark, `ORCH_STEP_KEY=${inputHash}`).map((pgid) => ({ pgid, startedAt }));
  const groups = new Map([...untold, ...told].map((group) => [group.pgid, group]));
  await Promise.all([...groups.values()].map((group) => endGroup(group.pgid, { startedAt: group.startedAt, mark })));
}

/** An answer that was kept by the very request that waited for it. Without one, the request is in doubt. */
function tellAnswer(run: RunContext, { where, ts, data }: OpenRequest): void {
  const entry = run.cache.get(data.cache_key);
  if (entry?.paid?.job_id !== run.jobId || entry.paid.request_id !== data.request_id) return;
  tellKept(run, entry, { ts, sent: data, where });
}
