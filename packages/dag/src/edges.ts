/** Links between positions, packed: those of `at` are `to[from[at]]` to `to[from[at + 1] - 1]`. */
export type Edges = { readonly from: Uint32Array; readonly to: Uint32Array };

/** How many links leave `at`; none from where no node stands. */
export function countEdges({ from }: Edges, at: number): number {
  return at + 1 < from.length ? from[at + 1]! - from[at]! : 0;
}

/** Where the links of `at` lead. */
export function edgesOf(edges: Edges, at: number): Uint32Array {
  const first = edges.from[at] ?? 0;
  return edges.to.subarray(first, first + countEdges(edges, at));
}

/** The same links, seen from the other end. Those that lead to one position keep the order of where they come from. */
export function turnAround({ from, to }: Edges): Edges {
  const size = from.length - 1;
  const turned = { from: new Uint32Array(size + 1), to: new Uint32Array(to.length) };
  for (const end of to) turned.from[end]! += 1;
  for (let at = 1; at <= size; at++) turned.from[at]! += turned.from[at - 1]!;
  for (let at = size - 1; at >= 0; at--) {
    for (let i = from[at]!; i < from[at + 1]!; i++) turned.to[--turned.from[to[i]!]!] = at;
  }
  return turned;
}
