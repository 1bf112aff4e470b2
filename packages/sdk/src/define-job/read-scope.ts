import { basename, dirname, join, relative, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type {
  BlobStore,
  CompiledJob,
  EventData,
  FileRef,
  ItemResult,
  Json,
  NeedResult,
  OutcomeExtra,
  OutputRef,
  ScopeFile,
  StepScope,
} from '@orch/contracts';
import { foldLog, readLog } from '@orch/events';
import type { RunView, StepView, UnitView } from '@orch/events';
import { openBlobs, runPaths } from '@orch/filestore';
import type { RunPaths } from '@orch/filestore';

/** What templates would see of a run that has ended, every step of it included. Values are read when they are asked for. */
export async function readScope(dir: string, { plan, jobDir }: CompiledJob): Promise<StepScope> {
  const paths = runPaths(dirname(resolve(dir)), basename(dir));
  const { state } = foldLog(paths.events);
  const blobs = openBlobs(paths.artifacts);
  const outputs = paths.outputs(plan.project);
  const results = new Results({ state, blobs, paths, outputs, lists: await readLists(paths, blobs) });
  return {
    task: plan.task,
    vars: plan.vars,
    steps: lazyFields([...state.steps], ([id, step]) => [id, () => results.ofStep(id, step)]),
    run: { id: basename(paths.dir), dir: paths.dir, outputs },
    job: { dir: jobDir },
    now: state.startedAt ?? '',
  };
}

type ListedItem = { readonly key: string; readonly item: Json };
type Lists = ReadonlyMap<string, readonly ListedItem[]>;

/** The items that steps were last expanded to. */
async function readLists({ events }: RunPaths, blobs: BlobStore): Promise<Lists> {
  const lists = new Map<string, readonly ListedItem[]>();
  for await (const { step = '', data } of readLog(events, { types: ['step.expanded'] })) {
    const { sha256 } = data as EventData['step.expanded'];
    lists.set(step, JSON.parse(text(sha256, blobs)) as readonly ListedItem[]);
  }
  return lists;
}

type Run = {
  readonly state: RunView;
  readonly blobs: BlobStore;
  readonly paths: RunPaths;
  readonly outputs: string;
  readonly lists: Lists;
};

class Results {
  readonly #run: Run;

  constructor(run: Run) {
    this.#run = run;
  }

  ofStep(step: string, view: StepView): NeedResult {
    const result = this.#ofUnit(view, step);
    const list = this.#run.lists.get(step);
    if (list === undefined) return result;
    const items = () => list.map((item) => this.#ofItem(item, step, view));
    return Object.defineProperty(result, 'items', { get: items, enumerable: true });
  }

  #ofItem({ key, item }: ListedItem, step: string, { items }: StepView): ItemResult {
    const unit = items.get(key);
    const result = unit === undefined ? nothing('pending') : this.#ofUnit(unit, step, key);
    return Object.defineProperties({ key, item }, Object.getOwnPropertyDescriptors(result)) as ItemResult;
  }

  #ofUnit({ status, success, failure: last }: UnitView, step: string, item?: string): NeedResult {
    const { blobs, state } = this.#run;
    if (status !== 'succeeded' || success === undefined) {
      const failure = state.failures.find((each) => each.step === step && each.item === item);
      if (failure === undefined) return nothing(status);
      const { code, message } = failure;
      return { ...nothing(status), error: { code, message }, ...extraOf(last?.data, blobs) };
    }
    const { output, files } = success.data;
    const listed = 'sha256' in files ? (load(files, blobs) as unknown as readonly FileRef[]) : files;
    const result = { status, files: listed.map((file) => this.#file(file)), ...extraOf(success.data, blobs) };
    return Object.defineProperty(result, 'output', {
      get: () => load(output, blobs),
      enumerable: true,
    }) as unknown as NeedResult;
  }

  #file(file: FileRef): ScopeFile {
    const { paths, outputs, blobs } = this.#run;
    const path = relative(outputs, join(paths.dir, file.path)).replaceAll('\\', '/');
    const get = () => text(file.sha256, blobs);
    return Object.defineProperty({ ...file, path }, 'text', { get, enumerable: false }) as unknown as ScopeFile;
  }
}

const nothing = (status: UnitView['status']): NeedResult => ({ status, output: null, files: [] });

function extraOf({ extra }: { readonly extra?: OutputRef } = {}, blobs: BlobStore): OutcomeExtra {
  return extra === undefined ? {} : (load(extra, blobs) as OutcomeExtra);
}

function load(ref: OutputRef, blobs: BlobStore): Json {
  const bytes = ref.inline ?? text(ref.sha256, blobs);
  return ref.media_type === 'application/json' ? (JSON.parse(bytes) as Json) : bytes;
}

function text(digest: string, blobs: BlobStore): string {
  const bytes = blobs.get(digest);
  if (bytes !== undefined) return Buffer.from(bytes).toString('utf8');
  throw new OrchError('corrupt_log', `Expected the blob ${digest} among the artifacts, it is gone.`);
}

function lazyFields<T, V>(
  all: readonly T[],
  field: (each: T) => readonly [string, () => V],
): { readonly [id: string]: V } {
  const fields = {};
  for (const [name, get] of all.map(field)) Object.defineProperty(fields, name, { get, enumerable: true });
  return fields;
}
