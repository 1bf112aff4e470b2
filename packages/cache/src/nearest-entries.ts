import type { CacheEntry, Digest, Preimage } from '@orch/contracts';
import { canonicalJson } from './canonical-json.ts';

/** What a question is compared with. */
export type Nearest = {
  /** Key of the stored entry of the same step that has most in common; absent when the step has none. */
  readonly nearest?: Digest;
  /** Names of the preimage's fields that differ from it, such as `provider.opts.temperature`. */
  readonly changed: readonly string[];
};

/** Which entries count: those of other questions than `except`, cached before the moment `before` (a `ts`). */
export type EntryFilter = { readonly except?: Digest | undefined; readonly before?: string | undefined };

export function counts({ key, cached_at: cachedAt }: EntryStamp, { except, before }: EntryFilter): boolean {
  return key !== except && (before === undefined || cachedAt < before);
}

type EntryStamp = Pick<CacheEntry, 'key' | 'cached_at'>;
export type IndexedEntry = EntryStamp & Pick<CacheEntry, 'preimage'>;

/** Field by name → its canonical JSON. */
type Fields = ReadonlyMap<string, string>;
type Known = EntryStamp & { readonly fields: Fields; readonly sample: number };

/**
 * The entries of one step, by the value of each field. The nearest of many is found among the newest that share a
 * field with the question, those of its own sample apart from first and further ones: a few comparisons for each field,
 * however many entries.
 */
export class NearestEntries {
  readonly #all: Known[] = [];
  readonly #byValue = new Map<string, Known[]>();

  constructor(entries: Iterable<IndexedEntry>) {
    const known = Array.from(entries, toKnown);
    known.sort((a, b) => (a.cached_at < b.cached_at ? -1 : 1));
    for (const entry of known) this.#insert(entry);
  }

  add(entry: IndexedEntry): void {
    this.#insert(toKnown(entry));
  }

  nearestTo(preimage: Preimage, filter: EntryFilter): Nearest {
    const { sample = 0 } = preimage;
    const asked = fieldsOf(preimage);
    const groups = new Set([groupOf(sample), first, further]);
    const sharing = valuesOf(asked, groups).map((value) => this.#byValue.get(value) ?? []);
    const candidates = new Set([...sharing, this.#all].map((known) => newest(known, filter)));
    let best: Nearest = { changed: [] };
    let least = Infinity;
    for (const known of candidates) {
      if (!known) continue;
      const changed = differing(asked, known.fields);
      // Of entries that differ in as many fields, one of the same sample is nearer.
      const distance = changed.length + (known.sample === sample ? 0 : 0.5);
      if (distance < least) [best, least] = [{ nearest: known.key, changed }, distance];
    }
    return best;
  }

  #insert(known: Known): void {
    insertByTime(this.#all, known);
    const groups = known.sample === 0 ? [first] : [groupOf(known.sample), further];
    for (const value of valuesOf(known.fields, groups)) insertByTime(this.#having(value), known);
  }

  #having(value: string): Known[] {
    let known = this.#byValue.get(value);
    if (!known) this.#byValue.set(value, (known = []));
    return known;
  }
}

function toKnown({ key, cached_at, preimage }: IndexedEntry): Known {
  return { key, cached_at, fields: fieldsOf(preimage), sample: preimage.sample ?? 0 };
}

/** Of entries by their sample: the first one of a question, and all that came after it. */
const [first, further] = ['0', '+'];

function groupOf(sample: number): string {
  return String(sample);
}

/** What entries are found by. */
function valuesOf(fields: Fields, groups: Iterable<string>): string[] {
  return Array.from(groups, (group) => Array.from(fields, ([name, text]) => `${group} ${name}=${text}`)).flat();
}

function insertByTime(entries: Known[], entry: Known): void {
  const last = entries.at(-1);
  if (last === undefined || last.cached_at <= entry.cached_at) entries.push(entry);
  else entries.splice(countBefore(entries, entry.cached_at), 0, entry);
}

function newest(entries: readonly Known[], { except, before }: EntryFilter): Known | undefined {
  let at = (before === undefined ? entries.length : countBefore(entries, before)) - 1;
  while (at >= 0 && entries[at]!.key === except) at--;
  return entries[at];
}

/** How many of the entries, which stand in order of time, come before the moment. */
function countBefore(entries: readonly Known[], moment: string): number {
  let [low, high] = [0, entries.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.cached_at < moment) low = middle + 1;
    else high = middle;
  }
  return low;
}
/** The step is the same in all, the containers count by their members. */
function fieldsOf({ provider, inputs, code_version: codeVersion, sample }: Preimage): Fields {
  const { opts, ...who } = provider;
  const fields = new Map<string, string>();
  const note = (prefix: string, members: object) => {
    for (const [name, value] of Object.entries(members)) fields.set(prefix + name, canonicalJson(value));
  };
  note('provider.', who);
  note('provider.opts.', opts);
  note('inputs.', inputs);
  if (codeVersion !== undefined) note('', { code_version: codeVersion });
  if (sample !== undefined) note('', { sample });
  return fields;
}

function differing(a: Fields, b: Fields): string[] {
  const names = new Set([...a.keys(), ...b.keys()]);
  return [...names].filter((name) => a.get(name) !== b.get(name)).sort();
}
