import type { CacheEntry, Digest, Preimage } from '@orch/contracts';
import { canonicalJson } from './canonical-json.ts';

/** What a question is compared with. */
export type Nearest = {
  /** Key of the stored entry of the same step that has most in common; absent when the step has none. */
  readonly nearest?: Digest;
  /** Names of the preimage's fields that differ from it, such as `provider.opts.temperature`. */
  readonly changed: readonly string[];
};

/** Field by name → its canonical JSON. */
type Fields = ReadonlyMap<string, string>;
type Known = { readonly key: Digest; readonly fields: Fields };

/**
 * The entries of one step, by the value of each field. The nearest of many is found among the newest that share a
 * field with the question: as many comparisons as there are fields, however many entries.
 */
export class NearestEntries {
  readonly #byValue = new Map<string, Known>();
  #newest: Known | undefined;

  add({ key, preimage }: Pick<CacheEntry, 'key' | 'preimage'>): void {
    const known = { key, fields: fieldsOf(preimage) };
    for (const [name, text] of known.fields) this.#byValue.set(`${name}=${text}`, known);
    this.#newest = known;
  }

  nearestTo(preimage: Preimage): Nearest {
    const asked = fieldsOf(preimage);
    const candidates = new Set([...asked].map(([name, text]) => this.#byValue.get(`${name}=${text}`)));
    candidates.add(this.#newest);
    let best: Nearest = { changed: [] };
    for (const known of candidates) {
      if (!known) continue;
      const changed = differing(asked, known.fields);
      if (best.nearest === undefined || changed.length < best.changed.length) best = { nearest: known.key, changed };
    }
    return best;
  }
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
