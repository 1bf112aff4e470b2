import type { Dag, DagNode } from './build-dag.ts';
import type { FinalOutcome, KnownOutcome, SkipReason } from './outcome.ts';
import { createFifo } from './queue.ts';
import type { Queue } from './queue.ts';
import type { DagResult, RunOptions } from './run-dag.ts';
import type { Task } from './task.ts';
import { TaskGraph } from './task-graph.ts';

/** How far a run has come: which task may start next, and what the end of one means for the others. */
export class Progress<N extends DagNode, T> {
  readonly outcomes = new Map<string, FinalOutcome<T>>();
  readonly #options: RunOptions<N, T>;
  readonly #graph: TaskGraph<N, T>;
  readonly #queue: Queue<Task<N, T>>;
  /** How many of the graph's tasks have been looked at. */
  #welcomed = 0;
  #queued = 0;
  #parked = 0;
  #failed = false;
  #aborted = false;
  #canceled: 'drained' | 'at_once' | undefined;
  /** Whether a drain kept a task from ending. */
  #cutOff = false;

  constructor(dag: Dag<N>, options: RunOptions<N, T>) {
    this.#options = options;
    this.#graph = new TaskGraph(dag);
    this.#queue = options.queue ? queueOfTasks(options.queue, this.#graph) : createFifo();
  }

  get status(): DagResult<T>['status'] {
    if (this.#canceled === 'at_once' || this.#cutOff) return 'canceled';
    if (this.#aborted) return 'failed';
    if (this.#parked > 0) return 'waiting';
    return this.#failed ? 'failed' : 'succeeded';
  }

  /** Whether nothing may start any more. */
  get stopped(): boolean {
    return this.#aborted || this.#canceled !== undefined;
  }

  /** Whether the queue holds tasks back. */
  get queued(): boolean {
    return this.#queued > 0;
  }

  /** A failure ends the run. */
  abort(): void {
    this.#aborted = true;
  }

  /** Somebody outside ends the run; what is under way ends as if nothing had happened. */
  drain(): void {
    this.#canceled ??= 'drained';
  }

  /** Somebody outside ends the run; how what is under way ends says nothing about it. */
  cancel(): void {
    this.#canceled = 'at_once';
  }

  /** A task that starts now, if one may. */
  take(): Task<N, T> | undefined {
    this.#welcome();
    while (!this.stopped) {
      const task = this.#queue.take();
      if (!task) return undefined;
      this.#queued -= 1;
      if (task.state === 'offered' && task.unmet === 0) return task;
      this.#queue.release(task);
      if (task.state === 'offered') task.state = 'pending'; // it was given a need while it was queued
    }
    return undefined;
  }

  /** Of the direct needs that succeeded, by id. */
  valuesOfNeeds(task: Task<N, T>): Map<string, T> {
    const values = new Map<string, T>();
    for (const { node, outcome } of this.#graph.needsOf(task)) {
      if (outcome?.status === 'succeeded') values.set(node.id, outcome.value);
    }
    return values;
  }

  /** The task gives its place back. */
  release(task: Task<N, T>): void {
    this.#queue.release(task);
  }

  /** All needs of the task are met: it may start when its turn comes. */
  offer(task: Task<N, T>): void {
    if (task.state !== 'pending') return;
    task.state = 'offered';
    this.#queued += 1;
    this.#queue.offer(task);
  }

  settle(task: Task<N, T>, outcome: KnownOutcome<T, N>): void {
    const final = this.#withAdditions(outcome);
    this.#record(task, final);
    this.#options.onSettle?.(task.node, final);
    this.#pass(task);
  }

  /** Skips all that has not ended when the run was stopped. */
  skipRest(): void {
    const reason = this.#canceled === undefined ? 'aborted' : 'canceled';
    for (let n = 0; n < this.#graph.size; n++) {
      const task = this.#graph.nth(n);
      if (task.state === 'ended' || task.state === 'parked') continue;
      this.#cutOff ||= this.#canceled !== undefined;
      this.#skip(task, reason);
    }
  }

  /** Looks at what is new: at first all tasks, needs first; later those that joined. */
  #welcome(): void {
    while (this.#welcomed < this.#graph.size) {
      const task = this.#graph.nth(this.#welcomed++);
      const known = this.#options.initial?.get(task.node.id);
      task.state = 'pending';
      if (known) {
        this.#record(task, this.#withAdditions(known));
        this.#pass(task);
      } else if (task.blockedBy !== undefined) {
        this.#skip(task, task.blockedBy);
        this.#pass(task);
      } else if (task.unmet === 0) this.offer(task);
    }
  }

  #withAdditions(outcome: KnownOutcome<T, N>): FinalOutcome<T> {
    if (outcome.status !== 'succeeded' || outcome.add === undefined) return outcome;
    const error = this.#graph.add(outcome.add);
    return error ? { status: 'failed', error } : outcome;
  }

  #record(task: Task<N, T>, outcome: FinalOutcome<T>): void {
    task.state = outcome.status === 'waiting' ? 'parked' : 'ended';
    task.outcome = outcome;
    this.outcomes.set(task.node.id, outcome);
    if (outcome.status === 'waiting') this.#parked += 1;
    if (outcome.status === 'skipped') task.blocks = 'dependency_skipped';
    if (outcome.status === 'failed') this.#recordFailure(task);
  }

  #recordFailure(task: Task<N, T>): void {
    const { onFailure = 'abort' } = this.#options;
    const policy = typeof onFailure === 'function' ? onFailure(task.node) : onFailure;
    if (policy === 'continue') return;
    task.blocks = 'dependency_failed';
    this.#failed = true;
    if (policy === 'abort') this.abort();
  }

  /** Tells the dependents that the task has ended. */
  #pass(task: Task<N, T>): void {
    if (task.state === 'parked' || this.#canceled === 'at_once') return;
    if (task.blocks !== undefined) return this.#skipDependents(task);
    const count = this.#graph.countDependents(task);
    for (let n = 0; n < count; n++) {
      const dependent = this.#graph.dependentOf(task, n);
      dependent.unmet -= 1;
      if (dependent.unmet === 0) this.offer(dependent);
    }
  }

  #skipDependents(task: Task<N, T>): void {
    const blocking = [task];
    for (const blocker of blocking) {
      const count = this.#graph.countDependents(blocker);
      for (let n = 0; n < count; n++) {
        const dependent = this.#graph.dependentOf(blocker, n);
        dependent.blockedBy ??= blocker.blocks;
        if (dependent.state !== 'pending' && dependent.state !== 'offered') continue;
        this.#skip(dependent, dependent.blockedBy!);
        blocking.push(dependent);
      }
    }
  }

  #skip(task: Task<N, T>, reason: SkipReason): void {
    const outcome = { status: 'skipped', reason } as const;
    this.#record(task, outcome);
    this.#options.onSettle?.(task.node, outcome);
  }
}

/** The user's queue, which speaks of nodes, for tasks. */
function queueOfTasks<N extends DagNode, T>(queue: Queue<N>, graph: TaskGraph<N, T>): Queue<Task<N, T>> {
  return {
    offer: ({ node }) => queue.offer(node),
    take() {
      const node = queue.take();
      const task = node && graph.find(node.id);
      if (node && !task) throw new Error(`Expected the queue to give a node it was offered, got \`${node.id}\`.`);
      return task;
    },
    release: ({ node }) => queue.release(node),
  };
}
