import { basename, dirname, join, resolve } from 'node:path';
import { openCache } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { CacheMode, EventData, Json, PlanStep } from '@orch/contracts';
import { readLog } from '@orch/events';
import type { AnyEvent } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { askedQuestions } from './asked-questions.ts';
import type { AskedQuestion, UnitEvent } from './asked-questions.ts';
import { joiningSteps } from './joined-steps.ts';
import { readPlan } from './verify/plan-misfit.ts';

/** What became of a step or item in one attempt of the run. */
export type UnitEnd =
  | { readonly ts: string; readonly end: 'succeeded' | 'canceled' }
  | { readonly ts: string; readonly end: 'failed'; readonly message: string }
  | { readonly ts: string; readonly end: 'skipped'; readonly reason: string }
  /** Nothing was done: its inputs were those of line `fromSeq`. */
  | { readonly ts: string; readonly end: 'reused'; readonly fromSeq: number };

export type StepExplanation = {
  readonly step: string;
  readonly item?: string | undefined;
  readonly questions: readonly AskedQuestion[];
  readonly ends: readonly UnitEnd[];
  /** Of a step that fans out: its items, which are what asks. */
  readonly items?: readonly string[];
};

/**
 * Why a step, or an item of it, asked a model (or made again what `cache: on` keeps) or did not. Reads only. Throws
 * `not_found` for a step or item that the log does not know.
 */
export async function explainStep(dir: string, step: string, item?: string): Promise<StepExplanation> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const shared = paths.sharedCache;
  const stores = {
    cache: openCache<Json>(paths.cache, { shared }),
    blobs: openBlobs(paths.artifacts),
    sharedBlobs: openBlobs(join(shared, 'blobs')),
  };
  const own: UnitEvent[] = [];
  let modes: Modes = new Map();
  const ends: UnitEnd[] = [];
  const met = { steps: new Set<string>(), items: new Set<string>() };
  let starts = 0;
  for await (const event of readLog(paths.events)) {
    modes = modesOf(event, paths, modes);
    if (event.step !== undefined) met.steps.add(event.step);
    if (event.step === step && event.item !== undefined) met.items.add(event.item);
    const reused = reusedAt(event, step, item);
    if (reused !== undefined) ends.push({ ts: event.ts, end: 'reused', fromSeq: reused });
    if (event.step !== step || event.item !== item) continue;
    if (event.type === 'step.started') starts++;
    own.push({ event, mode: modes.get(step) });
    const end = endOf(event);
    if (end !== undefined) ends.push(end);
  }
  if (starts === 0 && ends.length === 0) throw unknownUnit({ step, item, ...met });
  const questions = await askedQuestions(own, stores);
  const items = item === undefined && met.items.size > 0 ? [...met.items] : undefined;
  return { step, ...(item !== undefined && { item }), questions, ends, ...(items && { items }) };
}

type Modes = ReadonlyMap<string, CacheMode>;

/** How the steps of a run use the cache from this event on. */
function modesOf({ type, data }: AnyEvent, paths: RunPaths, modes: Modes): Modes {
  if (type === 'job.started') {
    const plan = readPlan(paths, (data as EventData['job.started']).plan_hash);
    return modesIn(plan?.steps ?? []);
  }
  if (type !== 'plan.extended') return modes;
  return new Map([...modes, ...modesIn(joiningSteps(data as EventData['plan.extended'], openBlobs(paths.artifacts)))]);
}

function modesIn(steps: readonly PlanStep[]): Modes {
  return new Map(steps.map(({ id, cache }) => [id, cache]));
}

function endOf({ type, ts, data }: AnyEvent): UnitEnd | undefined {
  switch (type) {
    case 'step.succeeded':
      return { ts, end: 'succeeded' };
    case 'step.canceled':
      return { ts, end: 'canceled' };
    case 'step.failed':
      return { ts, end: 'failed', message: (data as EventData['step.failed']).message };
    case 'step.skipped':
      return { ts, end: 'skipped', reason: (data as EventData['step.skipped']).reason };
    default:
      return undefined;
  }
}

function reusedAt(
  { type, data }: { readonly type: string; readonly data: unknown },
  step: string,
  item: string | undefined,
) {
  if (type !== 'step.skipped') return undefined;
  const skipped = data as EventData['step.skipped'];
  if (skipped.reason !== 'resume') return undefined;
  return skipped.reused.find((unit) => unit.step === step && unit.item === item)?.from_seq;
}

type Unknown = {
  readonly step: string;
  readonly item: string | undefined;
  readonly steps: ReadonlySet<string>;
  readonly items: ReadonlySet<string>;
};

function unknownUnit({ step, item, steps, items }: Unknown): OrchError {
  const known = item === undefined ? steps : items;
  const what = item === undefined ? `a step of the run, got ${step}` : `an item of step ${step}, got ${item}`;
  const some = [...known].toSorted().slice(0, 20).join(', ');
  return new OrchError('not_found', `Expected ${what}.`, {
    hint: some === '' ? 'It has not come to it.' : `There are: ${some}${known.size > 20 ? ' …' : ''}`,
  });
}
