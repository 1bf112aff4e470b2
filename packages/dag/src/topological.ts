import type { Dag, DagNode } from './build-dag.ts';

/** All nodes, each after everything it needs; otherwise in the order in which they were given. */
export function topological<N extends DagNode>(dag: Dag<N>): N[] {
  return Array.from(dag.order, (at) => dag.nodes[at]!);
}
