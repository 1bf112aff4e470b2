import type { Each, EachSource } from '@orch/contracts';
import type { Problems } from '../source/problems.ts';
import { inside } from '../source/written.ts';
import type { Written, WrittenMap } from '../source/written.ts';
import { anything, expected, nonEmptyText, refuse, wholeNumber } from './read.ts';
import type { Read } from './read.ts';
import { readFields } from './read-fields.ts';
import { hasTags, id } from './words.ts';

const MAX_ITEMS = 1000;

/** `[…]`, `"{{ list }}"`, `{list}`, `{files: glob}` or `{from: step}`, the maps also with key, max_items, max_parallel. */
export const each: Read<Each> = (written, path, problems) => {
  if (written.type === 'map') return readMap(written, path, problems);
  const source = list(written, path, problems);
  return source && withinLimit({ ...source, max_items: MAX_ITEMS }, written, { path, problems });
};

const list: Read<EachSource> = (written, path, problems) => {
  if (written.type === 'list') return { list: anything(written, path, problems) ?? [] };
  const template = written.type === 'scalar' && typeof written.value === 'string' ? written.value : undefined;
  if (template !== undefined && hasTags(template)) return { list: template };
  return expected('a list, "{{ … }}" that gives one, {files: glob} or {from: step}', written, { path, problems });
};

const shape = {
  list,
  files: nonEmptyText,
  from: id,
  key: nonEmptyText,
  max_items: wholeNumber(1),
  max_parallel: wholeNumber(1),
};
const notBuilt: ReadonlySet<string> = new Set(['min_success']);
const sources = ['list', 'files', 'from'] as const;

function readMap(written: WrittenMap, path: string, problems: Problems): Each | undefined {
  const fields = readFields(written, { shape, notBuilt }, { path, problems });
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
  const entry = written.entries.find(({ key }) => key === 'key');
  return problems.add((entry?.keySpan ?? written.span)[0], {
    code: 'conflict',
    message: `${path}.key: items taken one by one keep the names that they have in the step they come from`,
  });
}

type SourceFields = { readonly list?: EachSource; readonly files?: string; readonly from?: string };

function sourceOf({ list, files, from }: SourceFields): EachSource | undefined {
  if (files !== undefined) return { files };
  return from === undefined ? list : { from };
}

function withinLimit(each: Each, written: Written, { path, problems }: { path: string; problems: Problems }) {
  const count = 'list' in each && Array.isArray(each.list) ? each.list.length : 0;
  if (count <= each.max_items) return each;
  const where = written.type === 'map' ? inside(path, 'list') : path;
  return refuse(`expected at most max_items (${each.max_items}), got ${count} items`, written, {
    path: where,
    problems,
  });
}
