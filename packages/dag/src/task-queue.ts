import type { DagNode } from './build-dag.ts';
import type { Queue } from './queue.ts';
import type { Task, TaskGraph } from './task-graph.ts';

/** The user's queue, which speaks of nodes, for tasks. */
export function queueOfTasks<N extends DagNode>(queue: Queue<N>, graph: TaskGraph<N>): Queue<Task> {
  return {
    offer: (task) => queue.offer(graph.nodes[task]!),
    take() {
      const node = queue.take();
      if (!node) return undefined;
      const task = graph.find(node.id);
      if (task !== undefined) return task;
      throw new Error(`Expected the queue to give a node it was offered, got \`${node.id}\`.`);
    },
    release: (task) => queue.release(graph.nodes[task]!),
  };
}
