import type { Dag, DagNode } from './build-dag.ts';
import { edgesOf } from './edges.ts';

export type CriticalPath<N> = {
  /** From a node that needs nothing to the end of the path, each needing the one before it. */
  readonly nodes: readonly N[];
  /** The sum of their weights: no execution, however wide, is shorter. */
  readonly weight: number;
};

/** The heaviest chain of needs. `weight` gives a number ≥ 0 for a node, 1 unless given. */
export function criticalPath<N extends DagNode>(dag: Dag<N>, weight: (node: N) => number = () => 1): CriticalPath<N> {
  const weights = new Float64Array(dag.nodes.length);
  const heaviestNeed = new Int32Array(dag.nodes.length).fill(-1);
  let end = -1;
  for (const at of dag.order) {
    let heaviest = -1;
    for (const need of edgesOf(dag.needs, at)) if (heaviest < 0 || weights[need]! > weights[heaviest]!) heaviest = need;
    heaviestNeed[at] = heaviest;
    weights[at] = weight(dag.nodes[at]!) + (weights[heaviest] ?? 0);
    if (end < 0 || weights[at] > weights[end]!) end = at;
  }
  const nodes: N[] = [];
  for (let at = end; at >= 0; at = heaviestNeed[at]!) nodes.push(dag.nodes[at]!);
  return { nodes: nodes.reverse(), weight: weights[end] ?? 0 };
}
