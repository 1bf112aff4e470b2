import type { Dag, DagNode } from './build-dag.ts';
import { countEdges, edgesOf } from './edges.ts';

/**
 * Nodes in batches of at most `size` to be done one after the other: what a node needs stands in earlier batches.
 * Each batch takes as many as are free, first come first served: ten independent nodes by 3 make 3, 3, 3 and 1.
 */
export function batches<N extends DagNode>(dag: Dag<N>, size: number): N[][] {
  if (!(size >= 1)) throw new RangeError(`Expected \`size\` to be at least 1, got \`${size}\`.`);
  const unmet = dag.nodes.map((_, at) => countEdges(dag.needs, at));
  const free = Array.from(dag.order.filter((at) => unmet[at] === 0));
  const found: N[][] = [];
  for (let taken = 0; taken < free.length;) {
    const batch = free.slice(taken, taken + size);
    taken += batch.length;
    for (const at of batch) {
      for (const dependent of edgesOf(dag.dependents, at)) if (--unmet[dependent]! === 0) free.push(dependent);
    }
    found.push(batch.map((at) => dag.nodes[at]!));
  }
  return found;
}
