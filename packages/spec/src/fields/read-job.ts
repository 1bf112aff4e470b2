import type { JsonObject } from '@orch/contracts';
import { duplicate } from '../source/problems.ts';
import type { Problems } from '../source/problems.ts';
import { describe, inside } from '../source/written.ts';
import type { Entry, Written, WrittenMap } from '../source/written.ts';
import type { Draft, DraftStep } from './draft.ts';
import { AUTO, providerChoice } from './provider-choice.ts';
import { anything, expected, nonEmptyText, notNegative, oneOf, wholeNumber } from './read.ts';
import type { Read } from './read.ts';
import { readFields } from './read-fields.ts';
import { readStep } from './read-step.ts';
import { badId, id, isId } from './words.ts';

const vars: Read<JsonObject> = (written, path, problems) => {
  if (written.type !== 'map') return expected('a map of names and values', written, { path, problems });
  for (const { key, keySpan } of written.entries) {
    if (/^[A-Za-z_][\w-]*$/.test(key)) continue;
    const message = `${inside(path, key)}: expected a name that templates can use: letters, digits, _ and -`;
    problems.add(keySpan[0], { code: 'bad_value', message });
  }
  return anything(written, path, problems) as JsonObject;
};

/** Steps are read one by one, by `readSteps`. */
const readLater: Read<never> = () => undefined;

const shape = {
  project: id,
  task_description: nonEmptyText,
  task: nonEmptyText,
  provider: providerChoice,
  concurrency: wholeNumber(1, 1024),
  timeout_s: notNegative,
  durability: oneOf(['strict', 'relaxed']),
  vars,
  steps: readLater,
};

const notBuilt: ReadonlySet<string> = new Set([
  ...['providers', 'pipeline', 'output_dir', 'defaults', 'secrets', 'budget', 'gates'],
  ...['routing', 'policy', 'workstreams', 'kinds'],
]);

/** Reads all fields of a job; what is wrong with them stands in `problems`. */
export function readJob(written: Written | undefined, problems: Problems): Draft {
  if (written?.type !== 'map') {
    const got = written === undefined ? 'nothing' : describe(written);
    const message = `expected a map of job fields, got ${got}`;
    if (written?.type !== 'unreadable') problems.add(0, { code: 'missing', message });
    return { provider: AUTO, vars: {}, steps: [] };
  }
  const {
    task_description,
    task = task_description,
    ...fields
  } = readFields(written, { shape, notBuilt }, { path: '', problems });
  refuseTwoTasks(written, problems);
  const { project, provider = AUTO, concurrency, timeout_s, durability, vars = {} } = fields;
  return {
    ...(project !== undefined && { project }),
    ...(task !== undefined && { task }),
    provider,
    ...providerOffset(written),
    ...(concurrency !== undefined && { concurrency }),
    ...(timeout_s !== undefined && { timeout_s }),
    ...(durability !== undefined && { durability }),
    vars,
    steps: readSteps(written, problems),
  };
}

function providerOffset({ entries }: WrittenMap): Pick<Draft, 'providerOffset'> {
  const entry = entries.find(({ key }) => key === 'provider');
  return entry === undefined ? {} : { providerOffset: entry.value.span[0] };
}

function refuseTwoTasks({ entries }: WrittenMap, problems: Problems): void {
  const tasks = entries.filter(({ key }) => key === 'task' || key === 'task_description');
  if (tasks.length < 2) return;
  const message = `${tasks[1]!.key}: the same as ${tasks[0]!.key}; expected one of them`;
  problems.add(tasks[1]!.keySpan[0], { code: 'conflict', message });
}

function readSteps({ entries }: WrittenMap, problems: Problems): DraftStep[] {
  const steps = entries.find(({ key }) => key === 'steps')?.value;
  if (steps === undefined) {
    if (entries.some(({ key }) => key === 'pipeline')) return [];
    problems.add(0, {
      code: 'not_built',
      message: 'pipeline: software: not built yet',
      hint: 'a job without steps means the built-in pipeline "software"; until it is built, write steps',
    });
    return [];
  }
  const found = stepsIn(steps, problems);
  if (found === undefined) expected('a map of steps by id, or a list of steps', steps, { path: 'steps', problems });
  return found ?? [];
}

function stepsIn(steps: Written, problems: Problems): DraftStep[] | undefined {
  if (steps.type !== 'map' && steps.type !== 'list') return undefined;
  const count = steps.type === 'map' ? steps.entries.length : steps.items.length;
  if (count === 0) problems.add(steps.span[0], { code: 'missing', message: 'steps: expected at least one step' });
  if (steps.type === 'list') return fromList(steps.items, problems);
  return steps.entries.flatMap((entry) => fromMap(entry, problems) ?? []);
}

function fromMap({ key, keySpan, value }: Entry, problems: Problems): DraftStep | undefined {
  const path = inside('steps', key);
  if (!isId(key)) problems.add(keySpan[0], { code: 'bad_value', message: `${path}: ${badId(key)}` });
  return readStep(value, { id: key, path, offset: keySpan[0], problems });
}

function fromList(items: readonly Written[], problems: Problems): DraftStep[] {
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const named = namedItem(item, inside('steps', index), problems);
    if (named === undefined) return [];
    const heading = { id: named.id, path: inside('steps', named.id), offset: named.offset, problems };
    const step = readStep(named.body, heading) ?? [];
    const firstAt = first.get(named.id);
    if (firstAt === undefined) first.set(named.id, named.offset);
    else problems.add(named.offset, duplicate('duplicate_id', heading.path, problems.source.place(firstAt)));
    return firstAt === undefined ? step : [];
  });
}

type NamedBody = { readonly id: string; readonly offset: number; readonly body: WrittenMap };

/** A step of the list form: its id, and the rest. */
function namedItem(item: Written, path: string, problems: Problems): NamedBody | undefined {
  if (item.type !== 'map') return expected('a map of step fields', item, { path, problems });
  const named = item.entries.find(({ key }) => key === 'id');
  if (named === undefined) {
    return problems.add(item.span[0], { code: 'missing', message: `${path}.id: expected the id of the step` });
  }
  const body = { ...item, entries: item.entries.filter((entry) => entry !== named) };
  id(named.value, `${path}.id`, problems);
  const name = named.value.type === 'scalar' ? named.value.value : undefined;
  return typeof name === 'string' ? { id: name, offset: named.value.span[0], body } : undefined;
}
