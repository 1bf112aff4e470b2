import type { DagNode } from './build-dag.ts';
import type { FinalOutcome, SkipReason } from './outcome.ts';

/** A node of a running graph, with what has become of it. */
export type Task<N extends DagNode, T> = {
  readonly node: N;
  /** Its position: that of its node in the graph, or beyond when it joined. */
  readonly at: number;
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
  /** Links that came with nodes that joined. */
  joinedNeeds: Task<N, T>[] | undefined;
  joinedDependents: Task<N, T>[] | undefined;
};

export function createTask<N extends DagNode, T>(node: N, at: number, unmet: number): Task<N, T> {
  return {
    node,
    at,
    state: 'new',
    unmet,
    attempt: 0,
    outcome: undefined,
    blocks: undefined,
    blockedBy: undefined,
    joinedNeeds: undefined,
    joinedDependents: undefined,
  };
}

/** Makes `task` need `need` too, whatever has become of that one already. */
export function link<N extends DagNode, T>(task: Task<N, T>, need: Task<N, T>): void {
  (task.joinedNeeds ??= []).push(need);
  task.blockedBy ??= need.blocks;
  if (need.state === 'ended') return;
  task.unmet += 1;
  (need.joinedDependents ??= []).push(task);
}
