/**
 * Many words looked for at once, in one pass over a text: Aho and Corasick, "Efficient string matching: an aid to
 * bibliographic search", CACM 18 (1975). A node stands for the start of a word, 0 for the empty one; nodes are numbered
 * level by level.
 */
export type Automaton = {
  /** The node of the longest proper end of this one that is the start of a word too. */
  readonly fallback: readonly number[];
  readonly depth: readonly number[];
  /** Length of the longest word that ends at a node, 0 where none does. */
  readonly hit: readonly number[];
  /** The children of a node by the UTF-16 unit that leads to them, as a list: the first one, and after each the next. */
  readonly firstChild: readonly number[];
  readonly sibling: readonly number[];
  readonly unit: readonly number[];
  /** Those of node 0 by ASCII unit, where it has so many that the list is long. */
  readonly roots: Int32Array;
  /** Units beyond ASCII that words have. */
  readonly wide: ReadonlySet<number>;
  /**
   * The next node by each ASCII unit, for the first nodes: where a text without words stays. No word ends at one of
   * these nodes.
   */
  readonly rows: Int32Array;
  readonly rowCount: number;
};

export const rowSize = 128;
const mostRows = 512;

export function buildAutomaton(words: Iterable<string>): Automaton {
  const trie = emptyTrie();
  let open = [...words].map((word) => ({ word, node: 0 }));
  for (let level = 0; open.length > 0; level++) {
    for (const place of open) place.node = grow(trie, place.node, place.word.charCodeAt(level));
    for (const { word, node } of open) if (word.length === level + 1) trie.hit[node] = level + 1;
    open = open.filter(({ word }) => word.length > level + 1);
  }
  return { ...trie, ...makeRows(trie) };
}

/** The node after one more unit. */
export function step(trie: Pick<Automaton, keyof Trie>, from: number, unit: number): number {
  if (unit >= rowSize && !trie.wide.has(unit)) return 0;
  for (let node = from; ; node = trie.fallback[node]!) {
    const child = childOf(trie, node, unit);
    if (child !== 0 || node === 0) return child;
  }
}

type Lists = 'fallback' | 'depth' | 'hit' | 'firstChild' | 'sibling' | 'unit';
type Trie = { readonly [list in Lists]: number[] } & { readonly roots: Int32Array; readonly wide: Set<number> };

function emptyTrie(): Trie {
  const lists = { fallback: [0], depth: [0], hit: [0], firstChild: [0], sibling: [0], unit: [0] };
  return { ...lists, roots: new Int32Array(rowSize), wide: new Set() };
}

/** The child of a node by a unit, made where it is missing. All nodes above its level are there by then. */
function grow(trie: Trie, parent: number, unit: number): number {
  if (unit >= rowSize) trie.wide.add(unit);
  const known = childOf(trie, parent, unit);
  if (known !== 0) return known;
  const fallback = parent === 0 ? 0 : step(trie, trie.fallback[parent]!, unit);
  const node = trie.unit.push(unit) - 1;
  trie.firstChild.push(0);
  trie.sibling.push(trie.firstChild[parent]!);
  trie.firstChild[parent] = node;
  if (parent === 0 && unit < rowSize) trie.roots[unit] = node;
  trie.fallback.push(fallback);
  trie.depth.push(trie.depth[parent]! + 1);
  trie.hit.push(trie.hit[fallback]!);
  return node;
}

function childOf({ firstChild, sibling, unit, roots }: Pick<Automaton, keyof Trie>, node: number, wanted: number) {
  if (node === 0 && wanted < rowSize) return roots[wanted]!;
  let child = firstChild[node]!;
  while (child !== 0 && unit[child] !== wanted) child = sibling[child]!;
  return child;
}

function makeRows({ firstChild, sibling, unit, fallback, hit }: Trie): Pick<Automaton, 'rows' | 'rowCount'> {
  const firstHit = hit.findIndex((length) => length > 0);
  const rowCount = Math.min(firstHit === -1 ? hit.length : firstHit, mostRows);
  const rows = new Int32Array(rowCount * rowSize);
  for (let node = 0; node < rowCount; node++) {
    const fall = fallback[node]! * rowSize;
    if (node !== 0) rows.copyWithin(node * rowSize, fall, fall + rowSize);
    for (let child = firstChild[node]!; child !== 0; child = sibling[child]!) {
      if (unit[child]! < rowSize) rows[node * rowSize + unit[child]!] = child;
    }
  }
  return { rows, rowCount };
}
