import { OrchError } from '@orch/contracts';
import type { Json, JsonObject } from '@orch/contracts';
import { Each } from './each.ts';
import { createRef, printPath, targetOf } from './reference.ts';
import type { Target } from './reference.ts';
import { jsonSchemaOf } from './schema.ts';
import { handleOf } from './step-handle.ts';
import { typeName } from './type-name.ts';
import { Expression, targetsOf, textOf } from './written.ts';

/** Where a value stands in the job. */
export type Place = {
  /** For messages: `steps.build.prompt`. */
  readonly path: string;
  readonly owner: object;
  /** The step it is a field of, and whether that has items. */
  readonly step?: { readonly id: string; readonly fansOut: boolean };
};

/** How the keys of a map, and functions in it, are meant. */
type Mode = {
  /** `language`: fields. `names`: names of what is written in fields. `data`: names, and whatever is in it too. */
  readonly keys: 'language' | 'names' | 'data';
  /** What a function is called with: the item, or what the step itself came to. */
  readonly given: 'item' | 'own';
};

/** Fields whose keys are the author's, at any depth. */
const dataFields: ReadonlySet<string> = new Set([
  ...['vars', 'with', 'schema', 'list', 'env', 'headers', 'write', 'publish'],
]);
/** Fields that hold named things of the language. */
const namedFields: ReadonlySet<string> = new Set(['providers', 'mcp', 'gates', 'workstreams']);
/** Fields that hold an expression instead of a template. */
const conditions: ReadonlySet<string> = new Set(['when', 'that']);
/** Fields that see what their own step came to. */
const ownFields: ReadonlySet<string> = new Set(['assert', 'repeatUntil']);

/** Fields as TypeScript has them, in the words of the job language: what a YAML file would parse to. */
export function toLanguage(fields: object, place: Place, keys: Mode['keys'] = 'language'): JsonObject {
  return mapped(fields, place, { keys, given: 'item' });
}

function mapped(fields: object, place: Place, mode: Mode): JsonObject {
  const entries = Object.entries(fields).flatMap(([key, value]) => {
    if (value === undefined) return [];
    const inner = { ...place, path: `${place.path === '' ? '' : `${place.path}.`}${key}` };
    if (mode.keys === 'data') return [[key, converted(value, inner, mode)] as const];
    if (mode.keys === 'names') return [[key, converted(value, inner, { ...mode, keys: 'language' })] as const];
    return [[snakeCase(key), field(key, value, inner, mode)] as const];
  });
  return Object.fromEntries(entries);
}

const snakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

function field(key: string, value: unknown, place: Place, mode: Mode): Json {
  const inner: Mode = { keys: keysIn(key, value, mode), given: ownFields.has(key) ? 'own' : mode.given };
  if (key === 'schema') return jsonSchemaOf(value, place.path) ?? converted(value, place, inner);
  if (typeof value === 'function') return field(key, called(value as Maker, place, inner), place, mode);
  return conditions.has(key) ? condition(value, place, inner) : converted(value, place, inner);
}

/** A list of items is data, whatever its elements look like. */
function keysIn(key: string, value: unknown, { keys }: Mode): Mode['keys'] {
  if (dataFields.has(key) || (key === 'each' && Array.isArray(value))) return 'data';
  return namedFields.has(key) ? 'names' : keys;
}

function condition(value: unknown, place: Place, mode: Mode): Json {
  requireTargets(targetsOf(value), place);
  const target = targetOf(value);
  if (target !== undefined) return printPath(target.path);
  return value instanceof Expression ? value.text : converted(value, place, mode);
}

function converted(value: unknown, place: Place, mode: Mode): Json {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'function') return converted(called(value as Maker, place, mode), place, mode);
  const text = textOf(value);
  if (text !== undefined) {
    requireTargets(targetsOf(value), place);
    return text;
  }
  const handle = handleOf(value);
  if (handle !== undefined) return nameOf(handle, place);
  if (value instanceof Each) return mapped(value.source, place, mode);
  if (Array.isArray(value)) {
    return value.map((each, at) => converted(each, { ...place, path: `${place.path}[${at}]` }, mode));
  }
  if (value instanceof Map) return mapped(withTextKeys(value, place, mode), place, mode);
  if (isPlain(value)) return mapped(value, place, mode);
  throw new OrchError('spec', `${place.path}: expected a value that JSON can carry, got ${typeName(value)}.`);
}

/** A map whose keys may have references in them. */
function withTextKeys(map: ReadonlyMap<unknown, unknown>, place: Place, mode: Mode): object {
  const entries = [...map].map(([key, value]): [string, unknown] => {
    const text = converted(key, place, mode);
    if (typeof text === 'string') return [text, value];
    throw new OrchError('spec', `${place.path}: expected texts as keys, got ${typeName(key)}.`);
  });
  return Object.fromEntries(entries);
}

type Maker = (given: unknown) => unknown;

/** What a function makes of a reference to its item, or to the result of its own step. */
function called(make: Maker, place: Place, { given }: Mode): unknown {
  const { path, owner, step } = place;
  if (step === undefined || (given === 'item' && !step.fansOut)) {
    const why = 'a function is called with the item of a step that has each; here there is none';
    throw new OrchError('spec', `${path}: ${why}.`);
  }
  const own = <T>(...parts: string[]) => createRef<T>({ owner, step: step.id, path: parts });
  if (given === 'item') return make(own('item'));
  const [output, files, exitCode, stderr] = ['output', 'files', 'exit_code', 'stderr'].map((part) => own(part));
  return make({ output, files, exitCode, stderr, item: own('item'), round: own('round') });
}

/** A step stands for its id wherever it is named. */
function nameOf({ id, owner }: { id: string; owner: object }, place: Place): string {
  if (owner === place.owner) return id;
  throw stranger(`step ${id}`, place);
}

function requireTargets(targets: readonly Target[], place: Place): void {
  for (const { owner, step, path } of targets) {
    if (owner !== place.owner) throw stranger(printPath(path), place);
    if (step === undefined || step === place.step?.id) continue;
    const message = `${place.path}: ${printPath(path)} belongs to step ${step} and means nothing here.`;
    throw new OrchError('spec', message, { hint: `What that step came to is its output, or its items.` });
  }
}

function stranger(what: string, { path }: Place): OrchError {
  return new OrchError('spec', `${path}: ${what} is of another job.`, {
    hint: 'References are good inside the defineJob that made them. To run a job within a job, use j.job.',
  });
}

function isPlain(value: unknown): value is object {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
