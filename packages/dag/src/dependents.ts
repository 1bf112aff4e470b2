import type { Dag, DagNode } from './build-dag.ts';
import { edgesOf } from './edges.ts';
import { nearest } from './nearest.ts';

/** Every node that needs the node `id`, directly or through others, in topological order. Throws for an unknown id. */
export function dependents<N extends DagNode>(dag: Dag<N>, id: string): N[] {
  const start = dag.index.get(id);
  if (start === undefined) throw unknownId(dag, id);
  const found = new Set([start]);
  for (const at of found) for (const dependent of edgesOf(dag.dependents, at)) found.add(dependent);
  found.delete(start);
  return Array.from(
    dag.order.filter((at) => found.has(at)),
    (at) => dag.nodes[at]!,
  );
}

function unknownId(dag: Dag, id: string): RangeError {
  const close = nearest(id, dag.index.keys());
  return new RangeError(
    `Expected the id of a node, got \`${id}\`.${close === undefined ? '' : ` Did you mean \`${close}\`?`}`,
  );
}
