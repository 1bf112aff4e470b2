import { duplicate } from '../source/problems.ts';
import type { Problems } from '../source/problems.ts';
import { inside } from '../source/written.ts';
import type { Entry, Written, WrittenMap } from '../source/written.ts';
import type { Defaults } from './defaults.ts';
import type { DraftStep } from './draft.ts';
import { readStep } from './read-step.ts';
import { expected } from './type.ts';
import { badId, id, isId } from './words.ts';

type Around = { readonly problems: Problems; readonly defaults: Defaults };

/** Reads steps in the map form or the list form. */
export function readSteps(steps: Written, around: Around): DraftStep[] {
  const { problems } = around;
  if (steps.type !== 'map' && steps.type !== 'list') {
    expected('a map of steps by id, or a list of steps', steps, { path: 'steps', problems });
    return [];
  }
  const count = steps.type === 'map' ? steps.entries.length : steps.items.length;
  if (count === 0) problems.add(steps.span[0], { code: 'missing', message: 'steps: expected at least one step' });
  if (steps.type === 'list') return fromList(steps.items, around);
  return steps.entries.flatMap((entry) => fromMap(entry, around) ?? []);
}

function fromMap({ key, keySpan, value }: Entry, around: Around): DraftStep | undefined {
  const path = inside('steps', key);
  if (!isId(key)) around.problems.add(keySpan[0], { code: 'bad_value', message: `${path}: ${badId(key)}` });
  return readStep(value, { id: key, path, offset: keySpan[0], ...around });
}

function fromList(items: readonly Written[], around: Around): DraftStep[] {
  const { problems } = around;
  const first = new Map<string, number>();
  return items.flatMap((item, index) => {
    const named = namedItem(item, inside('steps', index), problems);
    if (named === undefined) return [];
    const heading = { id: named.id, path: inside('steps', named.id), offset: named.offset, ...around };
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
  id.read(named.value, `${path}.id`, problems);
  const name = named.value.type === 'scalar' ? named.value.value : undefined;
  return typeof name === 'string' ? { id: name, offset: named.value.span[0], body } : undefined;
}
