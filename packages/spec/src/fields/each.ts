import type { Each, EachSource } from '@orch/contracts';
import type { Problems } from '../source/problems.ts';
import { entryOf, inside } from '../source/written.ts';
import type { Written, WrittenMap } from '../source/written.ts';
import { field, readFields, shapeSchema } from './read-fields.ts';
import { anything, expected, nonEmptyText, refuse, wholeNumber } from './type.ts';
import type { At, Type } from './type.ts';
import { hasTags, id } from './words.ts';

const MAX_ITEMS = 1000;

const list: Type<EachSource> = {
  schema: { anyOf: [{ type: 'array' }, { type: 'string', pattern: '\\{[{%]' }] },
  read: (written, path, problems) => {
    if (written.type === 'list') return { list: anything.read(written, path, problems) ?? [] };
    const template = written.type === 'scalar' && typeof written.value === 'string' ? written.value : undefined;
    if (template !== undefined && hasTags(template)) return { list: template };
    return expected('a list, "{{ … }}" that gives one, {files: glob} or {from: step}', written, { path, problems });
  },
};

const shape = {
  list: field(list, 'The items, written out or as one template that gives a list.'),
  files: field(nonEmptyText, 'A glob beside the job file; an item is {path, name, text, sha256}.'),
  from: field(id, 'A step that fans out: each item starts when its own item there is done.'),
  key: field(nonEmptyText, 'A template for the name of an item, else its path or 12 hex digits of its content.'),
  max_items: field(wholeNumber(1), 'More items than that fail the step.', { default: MAX_ITEMS }),
  max_parallel: field(wholeNumber(1), 'How many items are worked on at once.'),
};
const sources = ['list', 'files', 'from'] as const;

/** What `each` says of its items beside where they come from. */
export const eachLimits: ReadonlySet<string> = new Set(['key', 'max_items', 'max_parallel']);

/** `[…]`, `"{{ list }}"`, `{list}`, `{files: glob}` or `{from: step}`, the maps also with key, max_items, max_parallel. */
export const each: Type<Each> = {
  schema: { anyOf: [...(list.schema['anyOf'] as []), shapeSchema(shape)] },
  read: (written, path, problems) => {
    if (written.type === 'map') return readMap(written, path, problems);
    const source = list.read(written, path, problems);
    return source && withinLimit({ ...source, max_items: MAX_ITEMS }, written, { path, problems });
  },
};

function readMap(written: WrittenMap, path: string, problems: Problems): Each | undefined {
  const misplaced = (key: string) => (key === 'min_success' ? 'belongs beside each, not inside' : undefined);
  const fields = readFields(written, { shape, misplaced }, { path, problems });
  const named = written.entries.filter(({ key }) => (sources as readonly string[]).includes(key));
  if (named.length !== 1) {
    const got = named.length === 0 ? 'none' : named.map(({ key }) => key).join(' and ');
    return problems.add((named[1]?.keySpan ?? written.span)[0], {
      code: named.length === 0 ? 'missing' : 'conflict',
      message: `${path}: expected one of list, files, from, got ${got}`,
    });
  }
  const source = sourceOf(fields);
  const { key, max_items = MAX_ITEMS, max_parallel } = fields;
  if (fields.from !== undefined && key !== undefined) return refuseKey(written, path, problems);
  const limits = { max_items, ...(max_parallel !== undefined && { max_parallel }) };
  return (
    source && withinLimit({ ...source, ...(key !== undefined && { key }), ...limits }, written, { path, problems })
  );
}

function refuseKey(written: WrittenMap, path: string, problems: Problems): undefined {
  return problems.add((entryOf(written, 'key')?.keySpan ?? written.span)[0], {
    code: 'conflict',
    message: `${path}.key: items taken one by one keep the names that they have in the step they come from`,
  });
}

type SourceFields = { readonly list?: EachSource; readonly files?: string; readonly from?: string };

function sourceOf({ list, files, from }: SourceFields): EachSource | undefined {
  if (files !== undefined) return { files };
  return from === undefined ? list : { from };
}

function withinLimit(each: Each, written: Written, { path, problems }: At): Each | undefined {
  const count = 'list' in each && Array.isArray(each.list) ? each.list.length : 0;
  if (count <= each.max_items) return each;
  const where = written.type === 'map' ? inside(path, 'list') : path;
  return refuse(`expected at most max_items (${each.max_items}), got ${count} items`, written, {
    path: where,
    problems,
  });
}
