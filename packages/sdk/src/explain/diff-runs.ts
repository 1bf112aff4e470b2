import { canonicalJson } from '@orch/cache';
import type { Json } from '@orch/contracts';
import { textChange, traceRun } from '@orch/engine';
import type { FieldChange, HashedInputs, TracedUnit } from '@orch/engine';
import { readPastInputs } from './past-inputs.ts';
import { hiderOfRun } from '../secrets.ts';
import { untoldChanges } from './untold-changes.ts';
import type { ReadsNow, Side, UntoldChanges } from './untold-changes.ts';

/** What changed between two runs of a step or item, so that it was not asked the same. */
export type ChangedPart = 'prompt' | 'model' | 'options' | 'code' | 'need' | 'items' | 'files read' | 'fields';

export type UnitDiff = { readonly step: string; readonly item?: string | undefined } & (
  | { readonly is: 'same' }
  /** The same inputs came to another output. */
  | { readonly is: 'nondeterministic' }
  /** `parts` and `changes` are empty where what it was made from cannot be told any more. */
  | {
      readonly is: 'changed';
      readonly parts: readonly ChangedPart[];
      readonly changes: readonly FieldChange[];
      readonly reads?: ReadsNow | undefined;
    }
  /** The same inputs ended in another way. */
  | { readonly is: 'ended_otherwise'; readonly before: string; readonly now: string }
  | { readonly is: 'only_in'; readonly run: string }
);

export type RunsDiff = { readonly same: boolean; readonly units: readonly UnitDiff[] };

/** Compares what each step and item of two runs was asked and what it came to. Reads only; throws like `readRun`. */
export async function diffRuns(dirA: string, dirB: string): Promise<RunsDiff> {
  const [a, b] = [await openSide(dirA), await openSide(dirB)];
  const inB = new Map(b.run.units.map((unit) => [nameOf(unit), unit]));
  const inA = new Set(a.run.units.map(nameOf));
  const units: UnitDiff[] = [];
  for (const unit of a.run.units) {
    const other = inB.get(nameOf(unit));
    units.push(other === undefined ? onlyIn(a, unit) : await compare({ ...a, unit }, { ...b, unit: other }));
  }
  for (const unit of b.run.units) if (!inA.has(nameOf(unit))) units.push(onlyIn(b, unit));
  return { same: units.every(({ is }) => is === 'same'), units: units.map((unit) => throughItems(unit, units)) };
}

type OpenSide = Omit<Side, 'unit'>;

async function openSide(dir: string): Promise<OpenSide> {
  return { run: await traceRun(dir, { hider: await hiderOfRun(dir) }), past: await readPastInputs(dir) };
}

/** A fan-out whose items were asked otherwise came to another output because of them. */
function throughItems(unit: UnitDiff, all: readonly UnitDiff[]): UnitDiff {
  if (unit.is !== 'nondeterministic' || unit.item !== undefined) return unit;
  const items = all.filter(({ step, item }) => step === unit.step && item !== undefined);
  if (items.every(({ is }) => is === 'same' || is === 'nondeterministic')) return unit;
  return { step: unit.step, is: 'changed', parts: ['items'], changes: [] };
}

function nameOf({ step, item }: TracedUnit): string {
  return JSON.stringify([step, item]);
}

function placeOf({ step, item }: TracedUnit) {
  return { step, ...(item !== undefined && { item }) };
}

function onlyIn({ run: { jobId } }: OpenSide, unit: TracedUnit): UnitDiff {
  return { ...placeOf(unit), is: 'only_in', run: jobId };
}

async function compare(sideA: Side, sideB: Side): Promise<UnitDiff> {
  const [a, b] = [sideA.unit, sideB.unit];
  const place = placeOf(a);
  if (a.inputHash !== b.inputHash) return { ...place, is: 'changed', ...(await changesBetween(sideA, sideB)) };
  if (a.status !== b.status) return { ...place, is: 'ended_otherwise', before: a.status, now: b.status };
  return { ...place, is: outcomeOf(a) === outcomeOf(b) ? 'same' : 'nondeterministic' };
}

function outcomeOf({ made }: TracedUnit): string {
  const files = (made?.files ?? []).map(({ path, sha256 }) => [path, sha256]);
  return canonicalJson([made?.output.sha256 ?? null, files]);
}

async function changesBetween(a: Side, b: Side): Promise<UntoldChanges> {
  const [made, madeNow] = [inputsOf(a), inputsOf(b)];
  if (made === undefined || madeNow === undefined) return untoldChanges(a, b);
  const [before, now] = [partsOf(made), partsOf(madeNow)];
  const names = [...new Set([...before.keys(), ...now.keys()])];
  const parts = new Set<ChangedPart>();
  const changes: FieldChange[] = [];
  for (const name of names) {
    const pair = { before: before.get(name)?.value, now: now.get(name)?.value };
    if (canonicalJson(pair.before ?? null) === canonicalJson(pair.now ?? null)) continue;
    parts.add(before.get(name)?.part ?? now.get(name)?.part ?? 'fields');
    changes.push(await changeOf(name, pair));
  }
  return { parts: [...parts], changes };
}

function inputsOf({ unit: { inputs, inputHash }, past }: Side): HashedInputs | undefined {
  return inputs ?? (inputHash === undefined ? undefined : past.madeFrom(inputHash));
}

type Part = { readonly part: ChangedPart; readonly value: Json };

/** Everything that an input hash is made from, by a name of its own. */
function partsOf({ fields, needs, reads, asked }: HashedInputs): ReadonlyMap<string, Part> {
  const own = ownFields(fields);
  return new Map<string, Part>([
    ...own.map(([name, value]) => [name, { part: partOfField(name), value }] as const),
    ...Object.entries(needs).map(([name, need]) => [`need ${name}`, { part: 'need', value: { ...need } }] as const),
    ...Object.entries(reads).map(([path, value]) => [`file ${path}`, { part: 'files read', value }] as const),
    ...Object.entries(asked ?? {}).map(
      ([name, value]) => [`provider ${name}`, { part: askedPart(name), value: value }] as const,
    ),
  ]);
}

/** Of a kind that looks at vars and task itself, those as well. */
function ownFields(fields: Json): (readonly [string, Json])[] {
  if (!isObject(fields)) return [['fields', fields]];
  const { fields: written, scope } = fields;
  if (written === undefined || scope === undefined || !isObject(scope)) return Object.entries(fields);
  return [...ownFields(written), ...Object.entries(scope)];
}

function isObject(value: Json): value is { readonly [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function partOfField(name: string): ChangedPart {
  const parts: Readonly<Record<string, ChangedPart>> = {
    ...{ prompt: 'prompt', system: 'prompt', schema: 'prompt', output: 'prompt' },
    ...{ model: 'model', options: 'options', code_sha256: 'code' },
    ...{ run: 'code', command: 'code', args: 'code', items: 'items' },
  };
  return parts[name] ?? 'fields';
}

function askedPart(name: string): ChangedPart {
  return name === 'options' ? 'options' : 'model';
}

async function changeOf(
  field: string,
  { before, now }: { before: Json | undefined; now: Json | undefined },
): Promise<FieldChange> {
  const isText = typeof before === 'string' && typeof now === 'string' && !field.startsWith('file ');
  const lines = isText ? await textChange(before, now) : undefined;
  return lines === undefined ? { field, before, now } : { field, lines };
}
