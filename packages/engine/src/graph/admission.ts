import { createFifo } from '@orch/dag';
import type { Queue } from '@orch/dag';
import type { RunNode } from './graph.ts';

type Group = { running: number; readonly parked: Queue<RunNode> };

/**
 * First in, first out, but never more than `concurrency` steps and items at once, nor more items of one step than its
 * `max_parallel`. To find the items of a step and to join them is no work: it waits for nobody.
 */
export function createAdmission(concurrency: number): Queue<RunNode> {
  const ready = createFifo<RunNode>();
  const free = createFifo<RunNode>();
  const groups = new Map<string, Group>();
  let running = 0;

  const limitOf = (node: RunNode) => (node.type === 'item' ? node.step.each?.max_parallel : undefined);
  const groupOf = (node: RunNode): Group => {
    const group = groups.get(node.step.id) ?? { running: 0, parked: createFifo<RunNode>() };
    groups.set(node.step.id, group);
    return group;
  };
  /** Whether the node may run now; else it is kept until another of its step ends. */
  const admit = (node: RunNode): boolean => {
    const limit = limitOf(node);
    if (limit === undefined) return true;
    const group = groupOf(node);
    if (group.running >= limit) {
      group.parked.offer(node);
      return false;
    }
    group.running++;
    return true;
  };
  const takeWork = (): RunNode | undefined => {
    if (running >= concurrency) return undefined;
    for (let node = ready.take(); node !== undefined; node = ready.take()) {
      if (!admit(node)) continue;
      running++;
      return node;
    }
    return undefined;
  };

  return {
    offer: (node) => (isWork(node) ? ready : free).offer(node),
    take: () => free.take() ?? takeWork(),
    release(node) {
      if (!isWork(node)) return;
      running--;
      if (limitOf(node) === undefined) return;
      const group = groupOf(node);
      group.running--;
      const parked = group.parked.take();
      if (parked !== undefined) ready.offer(parked);
    },
  };
}

function isWork({ type }: RunNode): boolean {
  return type === 'step' || type === 'item';
}
