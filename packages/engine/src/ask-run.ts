import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { InboxRequest, OrchEvent, RunState } from '@orch/contracts';
import { createBus, emptyRun, readLog, reduceRun } from '@orch/events';
import type { RunView } from '@orch/events';
import { acquireLock, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { leaveRequest, removeRequest } from './inbox.ts';
import type { Received } from './inbox.ts';
import { createLeftovers } from './leftovers.ts';
import { openRun } from './open-run.ts';
import type { EnginePorts } from './ports.ts';
import { readJob } from './read-job.ts';
import { notAsked, recordAnswer } from './record-answer.ts';
import { recover } from './recover.ts';
import type { RunContext } from './run-context.ts';
import { waitingFor } from './run-end.ts';
import { systemClock, systemIds } from './system.ts';

/** How long the process that holds a run may take to look into its inbox, in milliseconds. */
const patienceMs = 10_000;
const pollMs = 50;

/**
 * Cancels a run, or answers a question of it. `here`: nobody was running it, and the log says so now. `there`: the
 * process that runs it took the request. `left`: that process is busy; the request waits in its inbox. Rejects with
 * `usage` when the run has ended, or nobody asked.
 */
export async function askRun(
  dir: string,
  request: InboxRequest,
  ports: Pick<EnginePorts, 'clock' | 'ids'> = {},
): Promise<'here' | 'there' | 'left'> {
  const { clock = systemClock, ids = systemIds } = ports;
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const received = { id: ids.ulid(), request };
  const until = clock.monotonic() + patienceMs;
  let file: string | undefined;
  const isTaken = (): boolean => file !== undefined && !existsSync(file);
  const work = async (): Promise<'here' | 'there'> => {
    if (isTaken()) return 'there';
    await carryOut(paths, received);
    return 'here';
  };
  for (; ; await clock.sleep(pollMs)) {
    const done = (await holding(paths, work)) ?? (isTaken() ? 'there' : undefined);
    if (done === 'there') await requireDone(paths, received);
    if (done !== undefined) return done;
    file ??= leaveRequest(paths.inbox, received);
    if (clock.monotonic() > until) return 'left';
  }
}

/** The process that runs it took the request; that it did it stands in the log. */
async function requireDone({ events }: RunPaths, { id, request }: Received): Promise<void> {
  const state = emptyRun();
  const { note, handled } = createLeftovers();
  for await (const event of readLog(events)) {
    reduceRun(state, event);
    note(event);
  }
  if (handled.has(id)) return;
  throw request.kind === 'answer' ? notAsked(request, waitingFor(state)) : cannotCancel(state);
}

/** Does it while holding the lock; undefined when another holds it. */
async function holding<T>(paths: RunPaths, work: () => Promise<T>): Promise<T | undefined> {
  const lock = await acquireLock(paths.lock, { owner: paths.owner, waitMs: 0 }).catch((error: unknown) => {
    if (OrchError.is(error) && error.code === 'locked') return undefined;
    throw error;
  });
  try {
    return lock && (await work());
  } finally {
    lock?.release();
  }
}

async function carryOut(paths: RunPaths, received: Received): Promise<void> {
  const execution = {
    ...{ job: await readJob(paths.dir), steps: [], jobId: basename(paths.dir), paths },
    ...{ ports: { commandEnv: {}, clock: systemClock, ids: systemIds }, options: { runsDir: paths.base } },
    ...{ signal: new AbortController().signal, bus: createBus<OrchEvent>() },
  };
  const { run, manifest, close } = await openRun(execution);
  try {
    if (received.request.kind === 'cancel') await cancel(run, received.request.reason, received.id);
    else if (!recordAnswer(run, received.request, received.id))
      throw notAsked(received.request, waitingFor(run.journal.state));
    await run.journal.settle();
    manifest();
  } finally {
    removeRequest(paths.inbox, received.id);
    await close();
  }
}

const ended: ReadonlySet<RunState> = new Set(['succeeded', 'failed', 'canceled']);

async function cancel(run: RunContext, reason: string, request: string): Promise<void> {
  const { status, attemptStartedAt, ts, artifacts } = run.journal.state;
  if (ended.has(status)) throw cannotCancel(run.journal.state);
  await recover(run, false);
  const duration_s = (Date.parse(ts ?? '') - Date.parse(attemptStartedAt ?? '') || 0) / 1000;
  run.journal.push('job.canceled', { duration_s, artifacts: artifacts.size, reason, request });
}

function cannotCancel({ jobId, status }: RunView): OrchError {
  return new OrchError('usage', `Expected a run that goes on or may, ${jobId} is ${status}.`);
}
