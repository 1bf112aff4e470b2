import type { Manifest, RunCosts, StepSummary } from '@orch/contracts';
import type { LogPlace } from './log-event.ts';
import { mediaTypeOf } from './media-type.ts';
import { stepOf } from './run-view.ts';
import type { RunView, StepView } from './run-view.ts';

/**
 * `manifest.json` of a run. `log` is the last place known to be synced (`synced` of the writer). Money is null until
 * prices are known. A run that is under way lasts until its last event.
 */
export function toManifest(run: RunView, log: LogPlace): Manifest {
  const ids = [...(run.planned ?? run.steps.keys())];
  const calls = callsOfChildren(run);
  const isDone = (id: string) => doneStates.has(run.steps.get(id)?.status ?? 'pending');
  return {
    job_id: run.jobId,
    project: run.project,
    task_description: run.task ?? null,
    provider: run.provider,
    status: run.status,
    started_at: run.startedAt ?? null,
    finished_at: run.finishedAt ?? null,
    duration_s: run.durationS ?? secondsBetween(run.attemptStartedAt, run.ts),
    attempt: run.attempt,
    plan_hash: run.planHash ?? null,
    ...(run.parent && { parent: run.parent }),
    files: filesOf(run),
    artifacts: [...run.artifacts.values()],
    steps: Object.fromEntries(ids.map((id) => [id, toSummary(run, id, calls.get(id))])),
    failures: failuresOf(run),
    completed_steps: ids.filter(isDone),
    pending_steps: ids.filter((id) => !isDone(id)),
    costs: costsOf(run),
    log: { seq: log.seq, bytes: log.bytes, sha256: log.sha256 },
    orch_version: run.orchVersion,
  };
}

const doneStates: ReadonlySet<string> = new Set(['succeeded', 'skipped']);

function filesOf({ files }: RunView): Manifest['files'] {
  return [...files.values()].map(({ path, sha256, size_bytes, step, createdAt }) => {
    return { path, sha256, size_bytes, media_type: mediaTypeOf(path), step: step ?? null, created_at: createdAt };
  });
}

function toSummary(run: RunView, id: string, callsOfOthers = 0): StepSummary {
  const step = stepOf(run, id);
  const items = itemsOf(step);
  return {
    status: step.status,
    duration_s: step.durationS ?? secondsBetween(step.startedAt, step.endedAt ?? run.ts),
    provider_calls: step.providerCalls + callsOfOthers,
    cache_hits: step.cacheHits,
    attempts: step.turns,
    ...(items && { items }),
    output: step.status === 'succeeded' ? (step.success?.data.output ?? null) : null,
    cost_usd: null,
  };
}

/** Items that only an earlier attempt had do not count. */
function itemsOf(step: StepView): StepSummary['items'] {
  if (step.expanded === undefined && step.items.size === 0) return undefined;
  const counts = { total: 0, succeeded: 0, failed: 0, skipped: 0 };
  for (const { status, carried } of step.items.values()) {
    if (carried && !step.carried) continue;
    counts.total += 1;
    if (status === 'succeeded' || status === 'failed' || status === 'skipped') counts[status] += 1;
  }
  return { ...counts, total: step.expanded ?? counts.total };
}

function failuresOf({ failures }: RunView): Manifest['failures'] {
  return failures.map(({ kind, code, message, hint, step, item, at }) => ({
    kind,
    code,
    step: step ?? null,
    ...(item !== undefined && { item }),
    message,
    ...(hint !== undefined && { hint }),
    timestamp: at,
  }));
}

/** By step: calls of the runs that it began. */
function callsOfChildren({ children }: RunView): ReadonlyMap<string, number> {
  const calls = new Map<string, number>();
  for (const { step, costs } of children.values())
    calls.set(step, (calls.get(step) ?? 0) + (costs?.provider_calls ?? 0));
  return calls;
}

/** Its own, and those of the runs that its steps began. */
function costsOf({ totals, inDoubt, children }: RunView): RunCosts {
  const { tokensIn, tokensOut, providerCalls } = totals;
  const own = {
    tokens_in: tokensIn,
    tokens_out: tokensOut,
    provider_calls: providerCalls,
    in_doubt: inDoubt,
    usd: null,
  };
  return [...children.values()].flatMap(({ costs }) => costs ?? []).reduce<RunCosts>(added, own);
}

function added(sum: RunCosts, more: RunCosts): RunCosts {
  return {
    tokens_in: sum.tokens_in + more.tokens_in,
    tokens_out: sum.tokens_out + more.tokens_out,
    provider_calls: sum.provider_calls + more.provider_calls,
    in_doubt: sum.in_doubt + more.in_doubt,
    usd: null,
  };
}

function secondsBetween(from: string | undefined, to: string | undefined): number {
  return from === undefined || to === undefined ? 0 : (Date.parse(to) - Date.parse(from)) / 1000;
}
