import type { Dag, DagNode } from './build-dag.ts';
import { edgesOf } from './edges.ts';

/** Nodes by depth: level 0 needs nothing, level n + 1 needs at least one node of level n and none beyond. */
export function levels<N extends DagNode>(dag: Dag<N>): N[][] {
  const depths = new Uint32Array(dag.nodes.length);
  const found: N[][] = [];
  for (const at of dag.order) {
    const depth = edgesOf(dag.needs, at).reduce((deepest, need) => Math.max(deepest, depths[need]! + 1), 0);
    depths[at] = depth;
    (found[depth] ??= []).push(dag.nodes[at]!);
  }
  return found;
}
