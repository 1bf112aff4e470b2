import { canonicalJson } from '@orch/cache';
import type { Json, Preimage } from '@orch/contracts';

/** A field of a question that differs: by value, or line by line where the texts are known. */
export type FieldChange = { readonly field: string } & (
  | { readonly before: Json | undefined; readonly now: Json | undefined }
  /** Lines that begin with `-`, `+` or a space, as in a unified diff without its heads. */
  | { readonly lines: readonly string[] }
);

/** Reads a text by its digest; undefined when it was not kept. */
export type ReadText = (digest: string) => string | undefined;

/** Lines around a change, and in all, for one text. */
const context = 1;
const mostLines = 40;
const mostMs = 2_000;

/** In what a question differs from another one of the same step, field by field. */
export async function preimageChanges(now: Preimage, before: Preimage, readText: ReadText): Promise<FieldChange[]> {
  const [a, b] = [fieldsOf(before), fieldsOf(now)];
  const names = [...new Set([...a.keys(), ...b.keys()])].filter((name) => !same(a.get(name), b.get(name)));
  return Promise.all(names.map((name) => changeOf(name, { before: a.get(name), now: b.get(name) }, readText)));
}

/** The changes in words, a line each or several. */
export function tellChanges(changes: readonly FieldChange[]): string[] {
  return changes.flatMap((change) =>
    'lines' in change
      ? [`${change.field}:`, ...change.lines.map((line) => `  ${line}`)]
      : [`${change.field}: ${told(change.before)} → ${told(change.now)}`],
  );
}

type Pair = { readonly before: Json | undefined; readonly now: Json | undefined };

/** Every field by a name of its own; the digests of texts stand under the names of the texts. */
function fieldsOf({ provider, inputs, code_version, sample = 0 }: Preimage): ReadonlyMap<string, Json> {
  const { opts, ...who } = provider;
  const { messages = [], ...rest } = inputs;
  const list = messages as readonly { readonly role: string; readonly sha256: string }[];
  return new Map<string, Json>([
    ...Object.entries(who).map(([name, value]) => [`provider.${name}`, value] as const),
    ...Object.entries(opts).map(([name, value]) => [`option ${name}`, value] as const),
    ...list.map(({ role, sha256 }, at) => [messageName(role, at, list), sha256] as const),
    ...Object.entries(rest).map(([name, value]) => [name, value] as const),
    ...(code_version === undefined ? [] : [['code_version', code_version] as const]),
    ...(sample === 0 ? [] : [['sample', sample] as const]),
  ]);
}

/** `prompt` and `system` where there is one of each, as steps write them. */
function messageName(role: string, at: number, list: readonly { readonly role: string }[]): string {
  const isOnly = list.filter((message) => message.role === role).length === 1;
  if (!isOnly) return `message ${at + 1} (${role})`;
  return role === 'user' ? 'prompt' : role;
}

function same(a: Json | undefined, b: Json | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return canonicalJson(a) === canonicalJson(b);
}

async function changeOf(field: string, pair: Pair, readText: ReadText): Promise<FieldChange> {
  const [before, now] = [textOf(pair.before, readText), textOf(pair.now, readText)];
  const lines = before === undefined || now === undefined ? undefined : await textChange(before, now);
  return lines === undefined ? { field, ...pair } : { field, lines };
}

function textOf(value: Json | undefined, readText: ReadText): string | undefined {
  return typeof value === 'string' && /^[0-9a-f]{64}$/.test(value) ? readText(value) : undefined;
}

/** The lines that differ between two texts. Undefined when they are too long and too different to compare in a moment. */
export async function textChange(before: string, now: string): Promise<string[] | undefined> {
  const { structuredPatch } = await import('diff');
  const patch = structuredPatch('', '', before, now, '', '', { context, timeout: mostMs });
  if (patch === undefined) return undefined;
  const lines = patch.hunks.flatMap((hunk) => hunk.lines.filter((line) => !line.startsWith('\\')));
  return lines.length <= mostLines ? lines : [...lines.slice(0, mostLines), `… ${lines.length - mostLines} more lines`];
}

function told(value: Json | undefined): string {
  if (value === undefined) return 'absent';
  const text = JSON.stringify(value);
  return text.length <= 200 ? text : `${text.slice(0, 200)} …`;
}
