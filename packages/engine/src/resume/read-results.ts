import { basename, dirname, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { BlobStore, CompiledJob, EventData, ItemResult, Json, NeedResult, StepScope } from '@orch/contracts';
import { foldLog, readLog } from '@orch/events';
import type { RunView, UnitView } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';
import { lazily } from '../attempt/lazily.ts';
import { nodeAt } from '../graph/graph.ts';
import { createResults } from '../run/results.ts';
import type { Ended, Results } from '../run/results.ts';
import { lapsedOf } from './kept-failure.ts';
import { unitAt } from '../graph/unit.ts';
import { settledOf } from './reuse.ts';
import type { StepPlace } from '../graph/unit.ts';

/**
 * What templates would see of a run as it stands, every step of it included, those that joined it too. Values are read
 * when they are asked for; they throw `corrupt_log` when one is gone.
 */
export async function readResults(dir: string, { plan, jobDir }: CompiledJob): Promise<StepScope> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const { state } = foldLog(paths.events);
  const blobs = openBlobs(paths.artifacts);
  const outputs = paths.outputs(plan.project);
  const results = createResults({ run: paths.dir, outputs }, blobs);
  const past = { state, blobs, results, lists: await readLists(paths, blobs) };
  const steps = {};
  for (const id of state.steps.keys()) lazily(steps, id, () => stepView(id, past));
  return {
    ...(plan.task !== undefined && { task: plan.task }),
    vars: plan.vars,
    steps,
    run: { id: basename(paths.dir), dir: paths.dir, outputs },
    job: { dir: jobDir },
    now: state.startedAt ?? '',
  };
}

type ListedItem = { readonly key: string; readonly item: Json };

type Past = {
  readonly state: RunView;
  readonly blobs: BlobStore;
  readonly results: Results;
  /** The items that steps were last expanded to. */
  readonly lists: ReadonlyMap<string, readonly ListedItem[]>;
};

async function readLists({ events }: RunPaths, blobs: BlobStore): Promise<Past['lists']> {
  const lists = new Map<string, readonly ListedItem[]>();
  for await (const { step = '', data } of readLog(events, { types: ['step.expanded'] })) {
    const { sha256 } = data as EventData['step.expanded'];
    const bytes = blobs.get(sha256);
    if (bytes === undefined) {
      throw new OrchError('corrupt_log', `Expected the items of step ${step} as blob ${sha256}, it is gone.`);
    }
    lists.set(step, JSON.parse(Buffer.from(bytes).toString('utf8')) as readonly ListedItem[]);
  }
  return lists;
}

function stepView(step: string, past: Past): NeedResult {
  const view = unitView({ step }, past);
  const list = past.lists.get(step);
  return list === undefined ? view : lazily(view, 'items', () => list.map((item) => itemView(step, item, past)));
}

function itemView(step: string, { key, item }: ListedItem, past: Past): ItemResult {
  const view = unitView({ step, item: key }, past);
  return Object.defineProperties({ key, item }, Object.getOwnPropertyDescriptors(view)) as ItemResult;
}

function unitView(place: StepPlace, { state, blobs, results }: Past): NeedResult {
  const unit = unitAt(state, place);
  const ended = unit && endedOf(unit, place, { state, blobs });
  if (ended === undefined) return { status: unit?.status ?? 'pending', output: null, files: [] };
  results.set(nodeAt(place), ended);
  return results.view(nodeAt(place))!;
}

function endedOf({ status, success, failure }: UnitView, place: StepPlace, past: Pick<Past, 'state' | 'blobs'>) {
  if (status === 'succeeded' && success !== undefined) return settledOf(success.data, past.blobs);
  if (status === 'skipped') return { status };
  if (status !== 'failed') return undefined;
  return failure === undefined ? untriedFailure(place, past.state) : lapsedOf(failure.data);
}

/** Of a fan-out whose items failed: it was no attempt of its own. */
function untriedFailure({ step, item }: StepPlace, { failures }: RunView): Ended {
  const told = failures.find((each) => each.step === step && each.item === item);
  return { status: 'failed', error: told && new OrchError(told.code, told.message, { hint: told.hint }) };
}
