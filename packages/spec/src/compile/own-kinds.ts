import { posix } from 'node:path';
import type { Digest, Json, Plan, StepKind } from '@orch/contracts';
import type { Draft, DraftStep } from '../fields/draft.ts';
import { isKindName, kindNames } from '../fields/kinds.ts';
import { hasTags } from '../fields/words.ts';
import type { Problems } from '../source/problems.ts';
import { suggest } from '../source/suggest.ts';
import { describe, inside, toJson } from '../source/written.ts';
import type { Entry, Written } from '../source/written.ts';
import type { CompileContext } from './context.ts';
import type { Inputs } from './inputs.ts';
import { moduleDigest } from './module-digest.ts';
import { digestPackage } from './package-digest.ts';
import { placeOf } from './place.ts';

/** What compilation asks of a kind that others brought. */
export type OwnKind = Pick<StepKind, 'input' | 'asks'>;

export type OwnKinds = ReadonlyMap<string, OwnKind>;

const isFileOfKinds = (from: string): boolean => /^\.{1,2}\//.test(from) || /\.[cm]?[jt]s$/.test(from);

type Loading = {
  readonly context: Pick<CompileContext, 'kinds'>;
  readonly jobDir: string;
  readonly problems: Problems;
};

/** Loads the kinds of a job, unless some of them are not there, which was noted; notes why they cannot be loaded. */
export async function loadOwnKinds(
  { kinds, written }: Draft,
  found: NonNullable<Plan['kinds']>,
  { context: { kinds: own }, jobDir, problems }: Loading,
): Promise<OwnKinds | undefined> {
  if (typeof own !== 'function') return own;
  if (found.length < kinds.length) return undefined;
  const loaded = await own(kinds, jobDir);
  const entry = written.get('kinds');
  if (loaded.ok || entry === undefined) return loaded.ok ? loaded.value : undefined;
  return problems.of(entry).add(entry.value.span[0], { code: 'bad_value', message: loaded.error });
}

/** Notes kinds that nobody brings, and fields that theirs refuse. `own` is undefined where nobody has loaded them. */
export function checkKinds(draft: Draft, own: OwnKinds | undefined, problems: Problems): void {
  if (own === undefined && draft.kinds.length > 0) return;
  for (const step of draft.steps) {
    if (step.kind === undefined || isKindName(step.kind)) continue;
    const kind = own?.get(step.kind);
    if (kind === undefined) noteUnknown(step, step.kind, { names: [...kindNames, ...(own?.keys() ?? [])], problems });
    else checkFields(step, kind, problems);
  }
}

type Known = { readonly names: readonly string[]; readonly problems: Problems };

function noteUnknown(step: DraftStep, kind: string, { names, problems }: Known): void {
  const entry = step.written.get('kind')!;
  const place = placeOf(step, entry, problems);
  const message = `${place.path}: expected one of ${names.join(', ')}, got ${describe(entry.value)}${suggest(kind, names)}`;
  place.problems.add(entry.value.span[0], { code: 'bad_value', message });
}

/** Before templates are rendered, only what has none can be judged. */
function checkFields(step: DraftStep, { input }: OwnKind, problems: Problems): void {
  const parsed = input.safeParse(step.fields);
  if (parsed.success) return;
  for (const { path, message } of parsed.error.issues) {
    const [field, ...rest] = path.map(String);
    const entry = field === undefined ? undefined : step.written.get(field);
    if (entry === undefined) {
      const isWhole = field === undefined && hasTemplates(step.fields);
      const where = field === undefined ? step.path : inside(step.path, field);
      if (!isWhole) problems.in(step.source).add(step.offset, { code: 'bad_value', message: `${where}: ${message}` });
      continue;
    }
    const place = placeOf(step, entry, problems);
    const at = walk(entry.value, place.path, rest);
    if (hasTemplates(toJson(at.written))) continue;
    place.problems.add(at.written.span[0], { code: 'bad_value', message: `${at.path}: ${message}` });
  }
}

function walk(written: Written, path: string, keys: readonly string[]): { written: Written; path: string } {
  const [key, ...rest] = keys;
  if (key === undefined) return { written, path };
  const next =
    written.type === 'list'
      ? written.items[Number(key)]
      : written.type === 'map'
        ? written.entries.find((entry) => entry.key === key)?.value
        : undefined;
  if (next === undefined) return { written, path };
  return walk(next, inside(path, written.type === 'list' ? Number(key) : key), rest);
}

function hasTemplates(value: Json): boolean {
  if (typeof value === 'string') return hasTags(value);
  return typeof value === 'object' && value !== null && Object.values(value as object).some(hasTemplates);
}

type Around = Pick<CompileContext, 'readFile' | 'packageEntry'> & {
  readonly inputs: Inputs;
  readonly problems: Problems;
};

/** The files and packages that a job takes kinds from, each with the digest of its code. */
export async function digestKinds(draft: Draft, around: Around): Promise<NonNullable<Plan['kinds']>> {
  const entry = draft.written.get('kinds');
  const found: { from: string; code_sha256: Digest }[] = [];
  for (const from of draft.kinds) {
    const { inputs } = around;
    const digest = isFileOfKinds(from)
      ? await moduleDigest(from, inputs)
      : await digestPackage(from, { ...around, jobDir: inputs.absolute('.') });
    if (digest.ok) found.push({ from, code_sha256: digest.value });
    else if (entry !== undefined) noteMissing(entry, { from, why: digest.error }, around.problems.of(entry));
  }
  return found;
}

function noteMissing({ value }: Entry, { from, why }: { from: string; why: string }, problems: Problems): void {
  const items = value.type === 'list' ? value.items : [];
  const index = items.findIndex((item) => item.type === 'scalar' && item.value === from);
  problems.add((items[index] ?? value).span[0], { code: 'not_found', message: `kinds[${Math.max(index, 0)}]: ${why}` });
}

/** The same sources of kinds for a job whose files lie below `folder`. */
export const kindsBelow = (folder: string, kinds: readonly string[]): string[] =>
  kinds.map((from) => (isFileOfKinds(from) ? `./${posix.join(folder, from)}` : from));
