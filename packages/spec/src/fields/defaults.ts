import { Problems } from '../source/problems.ts';
import type { Source } from '../source/source.ts';
import { suggest } from '../source/suggest.ts';
import { inside } from '../source/written.ts';
import type { Entry, Written } from '../source/written.ts';
import { fieldsOfKinds, notBuiltFields } from './kinds.ts';
import type { Kind } from './kinds/kind.ts';
import type { Field } from './read-fields.ts';
import { stepFields } from './step-fields.ts';
import { expected, notBuiltYet } from './type.ts';

/** The fields that a job gives all its steps, as far as their kinds know them. */
export class Defaults {
  readonly entries: readonly Entry[];
  /** For each default, the fields of kinds that could take it, and whether it fits them. */
  readonly #taken = new Map<Entry, Map<Field, boolean>>();
  #isUnclear = false;

  constructor(entries: readonly Entry[]) {
    this.entries = entries;
  }

  /** Those that a step takes which wrote `own` itself. `kind` is undefined where it could not be told. */
  for(kind: Kind | undefined, own: ReadonlyMap<string, Entry>): Entry[] {
    if (kind === undefined) this.#isUnclear = true;
    const isWritten = (key: string) => own.has(key) || this.entries.some((entry) => entry.key === key);
    return this.entries.filter((entry) => {
      const field = kind && fieldOf(kind, entry.key);
      if (kind === undefined || field === undefined || !this.#fits(entry, field)) return false;
      return !isReplaced(entry.key, kind, own) && !isIdle(entry, kind, isWritten);
    });
  }

  /** Notes the defaults that no step could take. */
  settle(problems: Problems): void {
    for (const entry of this.entries) {
      const taken = this.#taken.get(entry);
      const [first] = taken?.keys() ?? [];
      if (first === undefined) this.#refuse(entry, problems);
      else if (![...taken!.values()].includes(true)) readInto(entry, first, problems.of(entry));
    }
  }

  #fits(entry: Entry, field: Field): boolean {
    const taken = this.#taken.get(entry) ?? new Map<Field, boolean>();
    this.#taken.set(entry, taken);
    const known = taken.get(field);
    if (known !== undefined) return known;
    const trial = new Problems(entry.origin!.source);
    readInto(entry, field, trial);
    taken.set(field, trial.none);
    return trial.none;
  }

  #refuse(entry: Entry, problems: Problems): void {
    const { key, keySpan } = entry;
    const { path } = entry.origin!;
    const names = Object.keys({ ...stepFields, ...fieldsOfKinds });
    const own = problems.of(entry);
    if (notBuiltFields(undefined).has(key)) own.add(keySpan[0], notBuiltYet(path));
    else if (!names.includes(key)) {
      own.add(keySpan[0], { code: 'unknown_key', message: `${path}: unknown key${suggest(key, names)}` });
    } else if (!this.#isUnclear) {
      own.add(keySpan[0], { code: 'unknown_key', message: `${path}: no step of this job has such a field` });
    }
  }
}

/** The entries of a written `defaults`, each with its place. */
export function defaultEntries(written: Written | undefined, source: Source, problems: Problems): Entry[] {
  if (written === undefined) return [];
  if (written.type !== 'map') {
    expected('a map of step fields', written, { path: 'defaults', problems });
    return [];
  }
  return written.entries.map((entry) => ({ ...entry, origin: { path: inside('defaults', entry.key), source } }));
}

function fieldOf({ shape }: Kind, key: string): Field | undefined {
  if (Object.hasOwn(shape, key)) return shape[key];
  return Object.hasOwn(stepFields, key) ? stepFields[key as keyof typeof stepFields] : undefined;
}

function readInto({ value, origin }: Entry, field: Field, problems: Problems): void {
  field.read(value, origin!.path, problems);
}

/** What a step says in other words when it writes one of these itself. */
const saidBy: { readonly [key: string]: readonly string[] } = {
  schema: ['output'],
  output: ['schema'],
  model: ['provider'],
  args: ['run'],
};

/** Whether the step wrote the field itself, or another that says the same thing. */
function isReplaced(key: string, { needsOne, together }: Kind, own: ReadonlyMap<string, Entry>): boolean {
  const marks = needsOne.includes(key) && together === undefined ? needsOne : [];
  return [key, ...marks, ...(saidBy[key] ?? [])].some((other) => own.has(other));
}

/** Whether a default means anything to such a step. */
function isIdle({ key, value }: Entry, kind: Kind, written: (key: string) => boolean): boolean {
  if (key === 'min_success') return !written('each');
  if (key === 'tool_rounds') return !written('tools');
  if (kind.runsAlways === undefined) return false;
  const mode = value.type === 'scalar' ? value.value : undefined;
  return key === 'code_version' || (key === 'cache' && (mode === 'on' || mode === 'refresh'));
}
