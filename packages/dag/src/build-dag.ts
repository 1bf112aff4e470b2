import { cycle, duplicateId, unknownNeed } from './dag-error.ts';
import type { DagError } from './dag-error.ts';
import { countEdges, edgesOf, turnAround } from './edges.ts';
import type { Edges } from './edges.ts';
import { findCycle } from './find-cycle.ts';

/** How a need may end for those that need it. */
export type Ending = 'succeeded' | 'failed' | 'skipped';

/** What a node must have; everything else of it is yours. */
export type DagNode = {
  readonly id: string;
  readonly needs?: readonly string[] | undefined;
  /** By need, how it may end for this node to start; `['succeeded']` for those not named here. */
  readonly accepts?: { readonly [need: string]: readonly Ending[] } | undefined;
  /**
   * The node that tells what this one came to, and needs it. Such a whole is run once all its needs have ended, however
   * they did, and says itself what that means. Until then it is taken to fail with a part that fails.
   */
  readonly partOf?: string | undefined;
};

/** A graph that was checked: ids are unique, needs exist, nothing needs itself. Numbers are positions in `nodes`. */
export type Dag<N extends DagNode = DagNode> = {
  /** As they were given. */
  readonly nodes: readonly N[];
  /** Where the node with this id stands. */
  readonly index: ReadonlyMap<string, number>;
  readonly needs: Edges;
  readonly dependents: Edges;
  /** Every node after all its needs; those that become free together stay in their given order. */
  readonly order: Uint32Array;
};

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: DagError };

/** Checks nodes and links them, in time linear in nodes and needs. The error is the first one found. */
export function buildDag<N extends DagNode>(nodes: Iterable<N>): Checked<Dag<N>> {
  const list = [...nodes];
  const index = indexById(list);
  if (!index.ok) return index;
  const needs = resolveNeeds(list, index.value);
  if (!needs.ok) return needs;
  const dependents = turnAround(needs.value);
  const order = sort(needs.value, dependents);
  if (order.length < list.length) return { ok: false, error: namedCycle(list, needs.value) };
  return { ok: true, value: { nodes: list, index: index.value, needs: needs.value, dependents, order } };
}

function indexById(nodes: readonly DagNode[]): Checked<Map<string, number>> {
  const index = new Map<string, number>();
  for (let at = 0; at < nodes.length; at++) {
    const { id } = nodes[at]!;
    index.set(id, at);
    if (index.size === at) return { ok: false, error: duplicateId(id) };
  }
  return { ok: true, value: index };
}

function resolveNeeds(nodes: readonly DagNode[], index: ReadonlyMap<string, number>): Checked<Edges> {
  const from = new Uint32Array(nodes.length + 1);
  for (let at = 0; at < nodes.length; at++) from[at + 1] = from[at]! + (nodes[at]!.needs?.length ?? 0);
  const to = new Uint32Array(from[nodes.length]!);
  let next = 0;
  for (const { id, needs } of nodes) {
    if (needs === undefined) continue;
    for (const need of needs) {
      const at = index.get(need);
      if (at === undefined) return { ok: false, error: unknownNeed(id, need, { ids: index.keys() }) };
      to[next++] = at;
    }
  }
  return { ok: true, value: { from, to } };
}

/** Kahn's algorithm: nodes on a cycle, and what needs them, are missing from the answer. */
function sort(needs: Edges, { from, to }: Edges): Uint32Array {
  const size = from.length - 1;
  const unmet = new Uint32Array(size);
  const order = new Uint32Array(size);
  let found = 0;
  for (let at = 0; at < size; at++) {
    unmet[at] = countEdges(needs, at);
    if (unmet[at] === 0) order[found++] = at;
  }
  for (let next = 0; next < found; next++) {
    const at = order[next]!;
    for (let i = from[at]!; i < from[at + 1]!; i++) if (--unmet[to[i]!]! === 0) order[found++] = to[i]!;
  }
  return order.subarray(0, found);
}

function namedCycle(nodes: readonly DagNode[], needs: Edges): DagError {
  const path = findCycle(nodes.keys(), (at) => edgesOf(needs, at)) ?? [];
  return cycle(path.map((at) => nodes[at]!.id));
}
