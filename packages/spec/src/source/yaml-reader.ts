import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Document, Pair, Scalar, YAMLMap, YAMLSeq } from 'yaml';
import { duplicate } from './problems.ts';
import type { Problem, Problems } from './problems.ts';
import type { Span } from './source.ts';
import { isUnquotedTemplate, unquotedTemplate } from './unquoted-template.ts';
import { describe, inside } from './written.ts';
import type { Entry, Unreadable, Written } from './written.ts';

const MAX_DEPTH = 200;
/** Values that aliases may repeat in all: a guard against documents that multiply themselves. */
const MAX_REPEATED = 100_000;

/** Turns the nodes of one YAML document into written values. */
export class YamlReader {
  readonly #document: Document.Parsed;
  readonly #problems: Problems;
  readonly #targets = new Map<Alias, unknown>();
  #depth = 0;
  #aliases = 0;
  #repeated = 0;

  constructor(document: Document.Parsed, problems: Problems) {
    this.#document = document;
    this.#problems = problems;
  }

  read(node: unknown, path: string): Written {
    const span = spanOf(node);
    if (this.#depth >= MAX_DEPTH) return this.#refuse(span, `${path}: nested deeper than ${MAX_DEPTH} levels`);
    if (this.#aliases > 0 && ++this.#repeated > MAX_REPEATED) {
      return this.#refuse([0, 0], `aliases repeat more than ${MAX_REPEATED} values`);
    }
    this.#depth += 1;
    const written = this.#readNode(node, span, path);
    this.#depth -= 1;
    return written;
  }

  #readNode(node: unknown, span: Span, path: string): Written {
    if (isAlias(node)) return this.#readAlias(node, span, path);
    if (isUnquotedTemplate(node)) {
      this.#problems.add(span[0], unquotedTemplate(path));
      return { type: 'unreadable', span };
    }
    if (isMap(node)) return this.#readMap(node, span, path);
    if (isSeq(node)) return this.#readList(node, span, path);
    return this.#readScalar(isScalar(node) ? node.value : null, span, path);
  }

  #readAlias(alias: Alias, span: Span, path: string): Written {
    const target = this.#targets.get(alias) ?? alias.resolve(this.#document);
    this.#targets.set(alias, target);
    if (target === undefined) return this.#refuse(span, `${path}: no anchor named &${alias.source} above`);
    this.#aliases += 1;
    const written = this.read(target, path);
    this.#aliases -= 1;
    return { ...written, span };
  }

  #readMap(map: YAMLMap, span: Span, path: string): Written {
    const own = new Map<string, Entry>();
    const written = map.items.flatMap((pair) => {
      if (isMergeKey(pair.key)) return this.#readMerged(pair, path);
      const entry = this.#readEntry(pair, path);
      const first = entry && own.get(entry.key);
      if (entry === undefined) return [];
      if (first === undefined) own.set(entry.key, entry);
      else this.#problems.add(entry.keySpan[0], this.#duplicate(path, first));
      return [entry];
    });
    const hasOnlyBadKeys = written.length === 0 && map.items.some(({ key }) => !isMergeKey(key));
    return hasOnlyBadKeys ? { type: 'unreadable', span } : { type: 'map', span, entries: firstOfEach(written, own) };
  }

  #readEntry(pair: Pair, path: string): Entry | undefined {
    const keySpan = spanOf(pair.key);
    const key = this.#readKey(pair.key, keySpan, path);
    if (key === undefined) return undefined;
    return { key, keySpan, value: this.#readValue(pair, inside(path, key)) };
  }

  #readValue({ key, value }: Pair, path: string): Written {
    return value === null ? nothing(spanOf(key)) : this.read(value, path);
  }

  /** What `<<` brings: the entries of a map, or of those in a list, of which the first with a key wins. */
  #readMerged(pair: Pair, path: string): readonly Entry[] {
    const merged = this.#readValue(pair, path);
    const maps = merged.type === 'list' ? merged.items : [merged];
    return maps.flatMap((each) => {
      if (each.type === 'map') return each.entries;
      if (each.type === 'unreadable') return [];
      const message = `${inside(path, '<<')}: expected a map to merge, or a list of maps, got ${describe(each)}`;
      this.#problems.add(each.span[0], { code: 'wrong_type', message });
      return [];
    });
  }

  #duplicate(path: string, { key, keySpan }: Entry): Problem {
    const code = path === 'steps' ? 'duplicate_id' : 'duplicate_key';
    return duplicate(code, inside(path, key), this.#problems.source.place(keySpan[0]));
  }

  #readKey(key: unknown, span: Span, path: string): string | undefined {
    if (!isScalar(key) || key.value === null) {
      const message = `${path === '' ? '' : `${path}: `}expected a word as key`;
      return this.#problems.add(span[0], { code: 'syntax', message });
    }
    const name = String((key as Scalar<string | number | boolean>).value);
    if (name !== '__proto__') return name;
    const message = `${inside(path, name)}: expected another name, this one means something else in JavaScript`;
    return this.#problems.add(span[0], { code: 'bad_value', message });
  }

  #readList(list: YAMLSeq, span: Span, path: string): Written {
    return { type: 'list', span, items: list.items.map((item, index) => this.read(item, inside(path, index))) };
  }

  #readScalar(value: unknown, span: Span, path: string): Written {
    if (value === null || typeof value === 'string' || typeof value === 'boolean')
      return { type: 'scalar', span, value };
    if (typeof value === 'number' && Number.isFinite(value)) return { type: 'scalar', span, value };
    const got = typeof value === 'number' ? String(value) : `a ${typeof value}`;
    return this.#refuse(span, `${path}: expected a value that JSON can carry, got ${got}`);
  }

  #refuse(span: Span, message: string): Unreadable {
    this.#problems.add(span[0], { code: 'syntax', message });
    return { type: 'unreadable', span };
  }
}

/** A `<<` without quotes, as YAML 1.1 has it and most who read YAML still do: https://yaml.org/type/merge.html */
function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

/** Own entries win over merged ones, wherever they stand. */
function firstOfEach(written: readonly Entry[], own: ReadonlyMap<string, Entry>): Entry[] {
  const entries = new Map<string, Entry>();
  for (const entry of written) if (!entries.has(entry.key)) entries.set(entry.key, own.get(entry.key) ?? entry);
  return [...entries.values()];
}

const nothing = (span: Span): Written => ({ type: 'scalar', span, value: null });

function spanOf(node: unknown): Span {
  const range = (node as { range?: readonly [number, number, number] | null } | null)?.range;
  return range ? [range[0], range[1]] : [0, 0];
}
