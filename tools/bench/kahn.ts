import type { Node } from './graphs.ts';

type Slot = { readonly node: Node; readonly dependents: Slot[]; unmet: number };

/**
 * The least that can be done to run a graph: Kahn's algorithm, one node after the other as they become free. A node
 * goes on when its promise resolves. Checks nothing; gives what came of each by id.
 */
export function runKahn<T>(nodes: readonly Node[], run: (node: Node) => Promise<T>): Promise<Map<string, T>> {
  const ready = link(nodes);
  const results = new Map<string, T>();
  const { promise, resolve, reject } = Promise.withResolvers<Map<string, T>>();
  const end = ({ node, dependents }: Slot, result: T) => {
    results.set(node.id, result);
    for (const dependent of dependents) if (--dependent.unmet === 0) ready.push(dependent);
    if (results.size === nodes.length) resolve(results);
    else go();
  };
  let next = 0;
  const go = () => {
    while (next < ready.length) {
      const slot = ready[next++]!;
      run(slot.node).then((result) => end(slot, result), reject);
    }
  };
  go();
  return promise;
}

/** The nodes that need nothing. */
function link(nodes: readonly Node[]): Slot[] {
  const slots = new Map<string, Slot>();
  for (const node of nodes) slots.set(node.id, { node, dependents: [], unmet: node.needs.length });
  const ready: Slot[] = [];
  for (const slot of slots.values()) {
    for (const need of slot.node.needs) slots.get(need)!.dependents.push(slot);
    if (slot.unmet === 0) ready.push(slot);
  }
  return ready;
}
