import { inside } from '../../source/written.ts';
import type { Entry } from '../../source/written.ts';
import { field } from '../read-fields.ts';
import { expected, listOf, mapOf, text } from '../type.ts';
import type { At, Type } from '../type.ts';
import { innerPath, leaves } from '../words.ts';
import type { Kind } from './kind.ts';

/** A map whose keys are paths below the folder of outputs. */
function pathMap<T>(values: Type<T>, what: string): Type<Readonly<Record<string, T>>> {
  const map = mapOf(values, what);
  return {
    schema: { ...map.schema, minProperties: 1 },
    read: (written, path, problems) => {
      if (written.type !== 'map') return expected(`a map of ${what}`, written, { path, problems });
      if (written.entries.length === 0) {
        return problems.add(written.span[0], { code: 'missing', message: `${path}: expected at least one file` });
      }
      for (const entry of written.entries) checkPath(entry, { path, problems });
      return map.read(written, path, problems);
    },
  };
}

function checkPath({ key, keySpan }: Entry, { path, problems }: At): void {
  const why = key.trim() === '' ? 'expected a path, got an empty one' : leaves(key);
  if (why !== undefined) problems.add(keySpan[0], { code: 'bad_value', message: `${inside(path, key)}: ${why}` });
}

type Published = { readonly from: string; readonly to?: string };

const sources = listOf(innerPath, 'paths', 1);
const targets = pathMap(innerPath, 'paths and the files they are copied from');

/** `[report.md, docs/**]`, or `{target: source}`. */
const publish: Type<readonly Published[]> = {
  schema: { anyOf: [sources.schema, targets.schema] },
  read: (written, path, problems) => {
    if (written.type === 'list') return sources.read(written, path, problems)?.map((from) => ({ from }));
    if (written.type !== 'map')
      return expected('a list of paths, or a map of paths and their sources', written, { path, problems });
    const map = targets.read(written, path, problems);
    return map && Object.entries(map).map(([to, from]) => ({ from, to }));
  },
};

export const files: Kind = {
  about: 'Writes files below the outputs of the run.',
  shape: {
    write: field(pathMap(text, 'paths and templates'), 'Path → template of the text.', { templates: 'keys_too' }),
    publish: field(
      publish,
      'Files of the steps it needs, by path or glob, put among the outputs; as a map: target → path. A target that ends in / is a folder.',
      { templates: 'keys_too' },
    ),
  },
  needsOne: ['write', 'publish'],
  together: true,
  tries: 0,
  runsAlways: 'files are written in every run',
};
