import { nearest } from '@orch/dag';
import type { CacheMode, Json } from '@orch/contracts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import { describe, inside } from '../source/written.ts';
import type { Entry, Written } from '../source/written.ts';
import type { DraftStep } from './draft.ts';
import { each } from './each.ts';
import { isBuilt, kindNames, kindOfKey, kinds, kindsNotBuilt, stepFieldsNotBuilt } from './kinds.ts';
import type { KindName } from './kinds.ts';
import { expected, listOf, notBuiltYet, oneOf, positive } from './read.ts';
import type { Read } from './read.ts';
import { readFields } from './read-fields.ts';
import type { Shape } from './read-fields.ts';
import { retry } from './retry.ts';
import { id, innerPath, literal } from './words.ts';

/** What a step needs: an id. The form `{step, accept}` is not built. */
const need: Read<string> = (written, path, problems) =>
  written.type === 'map'
    ? problems.add(written.span[0], notBuiltYet(`${path}: {step, accept}`))
    : id(written, path, problems);

const writePath: Read<string> = (written, path, problems) =>
  literal(written, path, problems) === undefined ? undefined : innerPath(written, path, problems);

const common = {
  kind: oneOf(kindNames, kindsNotBuilt),
  needs: listOf(need, 'step ids'),
  each,
  retry,
  timeout_s: positive,
  cache: oneOf(['auto', 'on', 'off', 'refresh']),
  reads: listOf(literal, 'globs'),
  writes: listOf(writePath, 'globs'),
  on_lost: oneOf(['rerun', 'ask', 'fail']),
};

const allKinds: Shape = Object.assign({}, ...kindNames.map((name) => kinds[name].shape)) as Shape;

type Heading = { readonly id: string; readonly path: string; readonly offset: number; readonly problems: Problems };

/** Reads one step. `heading` says what it is called and where. Undefined when it is no map. */
export function readStep(body: Written, heading: Heading): DraftStep | undefined {
  const { path, problems } = heading;
  if (body.type !== 'map') return expected('a map of step fields', body, { path, problems });
  const written = new Map(body.entries.map((entry) => [entry.key, entry]));
  const kind = kindOf(written, heading);
  const own = kind === undefined ? allKinds : kinds[kind].shape;
  const known = { shape: { ...own, ...common }, notBuilt: stepFieldsNotBuilt, misplaced: misplacedIn(kind) };
  const fields = readFields(body, known, { path, problems });
  if (kind !== undefined) {
    checkTogether(kind, written, heading);
    checkCache(kind, written, heading);
  }
  const { needs = [], each, retry, timeout_s, reads = [], writes = [], on_lost = 'rerun' } = fields;
  const cache = normalised(kind, fields.cache ?? 'auto');
  return {
    ...{ id: heading.id, path, offset: heading.offset, kind, needs, cache, reads, writes, on_lost, written },
    fields: pick(fields, Object.keys(own)),
    ...(each !== undefined && { each }),
    ...(retry !== undefined && { retry }),
    ...(timeout_s !== undefined && { timeout_s }),
  };
}

/** Replies are shared in every mode but `off`: for models, `on` means `auto`. */
function normalised(kind: KindName | undefined, cache: CacheMode): CacheMode {
  return kind === 'llm' && cache === 'on' ? 'auto' : cache;
}

type Entries = ReadonlyMap<string, Entry>;

/** Undefined where a problem says why it cannot be told. */
function kindOf(written: Entries, heading: Heading): KindName | undefined {
  const named = written.get('kind')?.value;
  if (named?.type === 'scalar') return isBuilt(String(named.value)) ? (named.value as KindName) : undefined;
  if (named !== undefined) return undefined;
  const marks = [...written.values()].filter(({ key }) => Object.hasOwn(kindOfKey, key));
  const [first] = marks;
  if (first === undefined) return [...written.keys()].some(explainsItself) ? undefined : refuseIdle(heading);
  const kind = kindOfKey[first.key]!;
  const other = marks.find(({ key }) => kindOfKey[key] !== kind);
  if (other !== undefined) return refuseTwoKinds(first, other, heading);
  return isBuilt(kind) ? kind : undefined;
}

function refuseIdle({ path, offset, problems }: Heading): undefined {
  const marks = Object.keys(kindOfKey).filter(isBuiltKey).join(', ');
  const message = `${path}: expected a field that says what it does: ${marks}; or kind`;
  return problems.add(offset, { code: 'missing', message });
}

function refuseTwoKinds(first: Entry, other: Entry, { path, problems }: Heading): undefined {
  if (!isBuiltKey(first.key) || !isBuiltKey(other.key)) return undefined;
  const kinds = `${first.key} makes it a step of kind ${kindOfKey[first.key]}, ${other.key} one of kind ${kindOfKey[other.key]}`;
  const hint = 'make two steps of it, or write kind';
  return problems.add(other.keySpan[0], { code: 'conflict', message: `${path}: ${kinds}`, hint });
}

/** A key whose own problem says why the kind of its step is not known. */
const explainsItself = (key: string): boolean =>
  stepFieldsNotBuilt.has(key) || (!Object.hasOwn(allKinds, key) && nearest(key, Object.keys(kindOfKey)) !== undefined);

const isBuiltKey = (key: string): boolean => isBuilt(kindOfKey[key]!) && !stepFieldsNotBuilt.has(key);

/** Why a field of another kind does not fit. */
function misplacedIn(kind: KindName | undefined): (key: string) => string | undefined {
  return (key) => {
    if (key === 'id') return 'the id of a step is its key in the map';
    if (kind === undefined || !Object.hasOwn(allKinds, key)) return undefined;
    return `no field of a step of kind ${kind}${suggest(key, Object.keys(kinds[kind].shape))}`;
  };
}

/** What the fields of a kind ask of each other. */
function checkTogether(kind: KindName, written: Entries, { path, offset, problems }: Heading): void {
  const { needsOne } = kinds[kind];
  const given = needsOne.filter((key) => written.has(key));
  if (given.length > 1) {
    const second = written.get(given[1]!)!;
    const message = `${path}: expected either ${given.join(' or ')}, got both`;
    problems.add(second.keySpan[0], { code: 'conflict', message });
  }
  if (given.length === 0 && !written.has('messages') && !written.has('publish')) {
    const message = `${path}: a step of kind ${kind} needs ${needsOne.join(' or ')}`;
    problems.add(offset, { code: 'missing', message });
  }
  const args = written.get('args');
  if (args && written.has('run')) {
    const message = `${path}.args: goes with command, not with run`;
    problems.add(args.keySpan[0], { code: 'conflict', message });
  }
  checkOutput(written, { path, problems });
}

function checkOutput(written: Entries, { path, problems }: { path: string; problems: Problems }): void {
  const output = written.get('output')?.value;
  if (!written.has('schema') || output?.type !== 'scalar' || output.value === 'json') return;
  if (output.value !== 'text' && output.value !== 'files') return;
  const message = `${path}.output: a schema means output: json, got ${describe(output)}`;
  problems.add(output.span[0], { code: 'conflict', message });
}

/** What other runs may take must say what it is made from and what it makes. Replies of models say so themselves. */
function checkCache(kind: KindName, written: Entries, { path, problems }: Heading): void {
  const mode = written.get('cache')?.value;
  if (kind === 'llm' || mode?.type !== 'scalar' || (mode.value !== 'on' && mode.value !== 'refresh')) return;
  if (kind === 'files') {
    const message = `${inside(path, 'cache')}: expected auto or off, since files are written in every run, got ${describe(mode)}`;
    problems.add(mode.span[0], { code: 'bad_value', message });
    return;
  }
  if (written.has('each') && written.has('writes')) {
    problems.add(mode.span[0], notBuiltYet(`${inside(path, 'cache')}: ${mode.value} with each and writes`));
    return;
  }
  for (const field of ['reads', 'writes'].filter((name) => !written.has(name))) {
    const message = `${inside(path, field)}: expected with cache: ${mode.value}, a list of globs, empty where there are none`;
    problems.add(mode.span[0], { code: 'missing', message });
  }
}

function pick(fields: object, names: readonly string[]): { [field: string]: Json } {
  return Object.fromEntries(
    Object.entries(fields as { [field: string]: Json }).filter(([name]) => names.includes(name)),
  );
}
