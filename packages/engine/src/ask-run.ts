import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { Clock, Hider, Ids, InboxRequest, OrchEvent, RunState } from '@orch/contracts';
import { createBus } from '@orch/events';
import type { RunView } from '@orch/events';
import { acquireLock, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { createHider, hideValue } from '@orch/secrets';
import { leaveRequest, removeRequest } from './questions/inbox.ts';
import type { Received } from './questions/inbox.ts';
import { openRun } from './run/open-run.ts';
import type { EnginePorts } from './ports.ts';
import { readJob } from './read-job.ts';
import { readAsking } from './questions/open-questions.ts';
import { judgeAnswer, recordAnswer } from './questions/record-answer.ts';
import { recover } from './resume/recover.ts';
import type { RunContext } from './run/run-context.ts';
import { systemClock, systemIds } from './system.ts';

/** How long the process that holds a run may take to look into its inbox, in milliseconds. */
const patienceMs = 10_000;
const pollMs = 50;

/**
 * Cancels a run, or answers a question of it. `here`: nobody was running it, and the log says so now. `there`: the
 * process that runs it took the request. `left`: that process is busy; the request waits in its inbox. Rejects with
 * `usage`, and nothing is written, when the run has ended, nobody asked, or the answer does not fit the question.
 */
export async function askRun(
  dir: string,
  asked: InboxRequest,
  ports: Pick<EnginePorts, 'clock' | 'ids' | 'hider'> = {},
): Promise<'here' | 'there' | 'left'> {
  const { clock = systemClock, ids = systemIds, hider = createHider([]) } = ports;
  const request = hideValue(asked, hider);
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const received = { id: ids.ulid(), request };
  await requireFit(paths, request, clock.now());
  const until = clock.monotonic() + patienceMs;
  let file: string | undefined;
  const isTaken = (): boolean => file !== undefined && !existsSync(file);
  const work = async (): Promise<'here' | 'there'> => {
    if (isTaken()) return 'there';
    await carryOut(paths, received, { clock, ids, hider });
    return 'here';
  };
  for (; ; await clock.sleep(pollMs)) {
    const done = (await holding(paths, work)) ?? (isTaken() ? 'there' : undefined);
    if (done === 'there') await requireDone(paths, received, clock.now());
    if (done !== undefined) return done;
    file ??= leaveRequest(paths.inbox, received);
    if (clock.monotonic() > until) return 'left';
  }
}

/** An answer that does not fit is told before anything is written. */
async function requireFit(paths: RunPaths, request: InboxRequest, now: number): Promise<void> {
  if (request.kind !== 'answer') return;
  const { state, leftovers } = await readAsking(paths);
  const judged = judgeAnswer(request, { state, questions: leftovers.questions, now });
  if (judged instanceof OrchError) throw judged;
}

/** The process that runs it took the request; that it did it stands in the log. */
async function requireDone(paths: RunPaths, { id, request }: Received, now: number): Promise<void> {
  const { state, leftovers } = await readAsking(paths);
  if (leftovers.handled.has(id)) return;
  if (request.kind === 'cancel') throw cannotCancel(state);
  await requireFit(paths, request, now);
  throw new OrchError('usage', 'Expected the question to stay as it was: it was asked anew meanwhile. Answer again.');
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

type Around = { readonly clock: Clock; readonly ids: Ids; readonly hider: Hider };

async function carryOut(paths: RunPaths, received: Received, ports: Around): Promise<void> {
  const { run, manifest, close } = await openRun({
    ...{ job: await readJob(paths.dir), jobId: basename(paths.dir), paths, bus: createBus<OrchEvent>() },
    ...{ ports: { commandEnv: {}, ...ports }, options: { runsDir: paths.base } },
  });
  try {
    if (received.request.kind === 'cancel') await cancel(run, received.request.reason, received.id);
    else requireNothing(recordAnswer(run, received.request, received.id));
    await run.journal.settle();
    manifest();
    await cancelChildren(run);
  } finally {
    removeRequest(paths.inbox, received.id);
    await close();
  }
}

/** When a run was canceled, so are those that steps of it began and that have not ended. */
export async function cancelChildren(
  run: Pick<RunContext, 'journal' | 'paths' | 'clock' | 'ids' | 'hider'>,
): Promise<void> {
  const { status, jobId, children } = run.journal.state;
  if (status !== 'canceled') return;
  for (const child of children.keys()) {
    const { dir, events } = runPaths(run.paths.base, child);
    if (!existsSync(events)) continue;
    const request = { kind: 'cancel', reason: `${jobId}, which began it, was canceled`, by: jobId } as const;
    await askRun(dir, request, run).catch((error: unknown) => {
      if (!OrchError.is(error) || error.code !== 'usage') throw error; // it has ended
    });
  }
}

function requireNothing(error: OrchError | undefined): void {
  if (error !== undefined) throw error;
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
