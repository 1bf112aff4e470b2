import { createFifo } from '@orch/dag';
import type { Queue } from '@orch/dag';
import type { RunNode } from './graph.ts';

type Group = { running: number; readonly parked: Queue<RunNode> };

/** First in, first out, but never more items of one step at once than its `max_parallel`. */
export function createAdmission(): Queue<RunNode> {
  const ready = createFifo<RunNode>();
  const groups = new Map<string, Group>();

  const limitOf = (node: RunNode) => (node.type === 'item' ? node.step.each?.max_parallel : undefined);
  const groupOf = (node: RunNode): Group => {
    const group = groups.get(node.step.id) ?? { running: 0, parked: createFifo<RunNode>() };
    groups.set(node.step.id, group);
    return group;
  };

  return {
    offer: (node) => ready.offer(node),
    take() {
      for (let node = ready.take(); node !== undefined; node = ready.take()) {
        const limit = limitOf(node);
        if (limit === undefined) return node;
        const group = groupOf(node);
        if (group.running < limit) {
          group.running++;
          return node;
        }
        group.parked.offer(node);
      }
      return undefined;
    },
    release(node) {
      if (limitOf(node) === undefined) return;
      const group = groupOf(node);
      group.running--;
      const parked = group.parked.take();
      if (parked !== undefined) ready.offer(parked);
    },
  };
}
