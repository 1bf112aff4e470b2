import { cycle, duplicateId, unknownNeed } from './dag-error.ts';
import type { DagError } from './dag-error.ts';
import { findCycle } from './find-cycle.ts';

/** What a node must have; everything else of it is yours. */
export type DagNode = { readonly id: string; readonly needs?: readonly string[] | undefined };

/** A graph that was checked: ids are unique, needs exist, nothing needs itself. Numbers are positions in `nodes`. */
export type Dag<N extends DagNode = DagNode> = {
  /** As they were given. */
  readonly nodes: readonly N[];
  /** Where the node with this id stands. */
  readonly index: ReadonlyMap<string, number>;
  readonly needs: readonly (readonly number[])[];
  readonly dependents: readonly (readonly number[])[];
  /** Every node after all its needs; those that become free together stay in their given order. */
  readonly order: readonly number[];
};

type Checked<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: DagError };

const none: readonly number[] = [];

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

function resolveNeeds(nodes: readonly DagNode[], index: ReadonlyMap<string, number>): Checked<(readonly number[])[]> {
  const resolved: (readonly number[])[] = [];
  for (const { id, needs = [] } of nodes) {
    const positions = needs.length === 0 ? none : needs.map((need) => index.get(need) ?? -1);
    const unknown = needs[positions.indexOf(-1)];
    if (unknown !== undefined) return { ok: false, error: unknownNeed(id, unknown, { ids: index.keys() }) };
    resolved.push(positions);
  }
  return { ok: true, value: resolved };
}

/** Who needs a node, in lists of exactly the size they take: a list that grows by pushing takes many times that. */
function turnAround(needs: readonly (readonly number[])[]): (readonly number[])[] {
  const free = new Uint32Array(needs.length);
  for (const list of needs) for (const need of list) free[need]! += 1;
  const dependents = needs.map((_, at) => (free[at] === 0 ? [] : new Array<number>(free[at]!)));
  for (let at = needs.length - 1; at >= 0; at--) {
    for (const need of needs[at]!) dependents[need]![--free[need]!] = at;
  }
  return dependents;
}

/** Kahn's algorithm: nodes on a cycle, and what needs them, are missing from the answer. */
function sort(needs: readonly (readonly number[])[], dependents: readonly (readonly number[])[]): number[] {
  const unmet = new Uint32Array(needs.length);
  const order: number[] = [];
  for (let at = 0; at < needs.length; at++) {
    unmet[at] = needs[at]!.length;
    if (unmet[at] === 0) order.push(at);
  }
  for (let next = 0; next < order.length; next++) {
    for (const dependent of dependents[order[next]!]!) if (--unmet[dependent]! === 0) order.push(dependent);
  }
  return order;
}

function namedCycle(nodes: readonly DagNode[], needs: readonly (readonly number[])[]): DagError {
  const path = findCycle(nodes.keys(), (at) => needs[at]!) ?? [];
  return cycle(path.map((at) => nodes[at]!.id));
}
