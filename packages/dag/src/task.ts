import type { Dag, DagNode } from './build-dag.ts';
import type { FinalOutcome, SkipReason } from './outcome.ts';

/** A node of a running graph, with what has become of it. */
export type Task<N extends DagNode, T> = {
  readonly node: N;
  needs: Task<N, T>[];
  dependents: Task<N, T>[];
  /**
   * `new`: linked, not yet looked at · `pending`: waits for its needs, or for its next attempt · `offered`: in the queue ·
   * `parked`: waits for the world outside · `ended`: nothing will change any more.
   */
  state: 'new' | 'pending' | 'offered' | 'running' | 'parked' | 'ended';
  /** How many needs have not ended, or ended in a way that lets nobody pass. */
  unmet: number;
  attempt: number;
  outcome: FinalOutcome<T> | undefined;
  /** Why its dependents cannot run, now that it ended as it did. */
  blocks: SkipReason | undefined;
  /** Why it cannot run itself: the `blocks` of one of its needs. */
  blockedBy: SkipReason | undefined;
};

export function createTask<N extends DagNode, T>(node: N): Task<N, T> {
  return {
    node,
    needs: [],
    dependents: [],
    state: 'new',
    unmet: 0,
    attempt: 0,
    outcome: undefined,
    blocks: undefined,
    blockedBy: undefined,
  };
}

/** The graph's nodes as tasks, in its positions. */
export function createTasks<N extends DagNode, T>(dag: Dag<N>): Task<N, T>[] {
  const tasks = dag.nodes.map((node) => createTask<N, T>(node));
  for (let at = 0; at < tasks.length; at++) {
    const task = tasks[at]!;
    task.needs = dag.needs[at]!.map((need) => tasks[need]!);
    task.dependents = dag.dependents[at]!.map((dependent) => tasks[dependent]!);
    task.unmet = task.needs.length;
  }
  return tasks;
}

/** Makes `task` need `need` too, whatever has become of that one already. */
export function link<N extends DagNode, T>(task: Task<N, T>, need: Task<N, T>): void {
  task.needs.push(need);
  task.blockedBy ??= need.blocks;
  if (need.state === 'ended') return;
  task.unmet += 1;
  need.dependents.push(task);
}
