import type { Dag, DagNode } from './build-dag.ts';
import { endedInTime } from './outcome.ts';
import type { FinalOutcome, KnownOutcome, SkipReason } from './outcome.ts';
import { createFifo } from './queue.ts';
import type { Queue } from './queue.ts';
import type { RunOptions } from './run-dag.ts';
import { TaskGraph } from './task-graph.ts';
import type { Task } from './task-graph.ts';
import { queueOfTasks } from './task-queue.ts';
import { Verdict } from './verdict.ts';

/** How far a run has come: which task may start next, and what the end of one means for the others. */
export class Progress<N extends DagNode, T> {
  readonly outcomes = new Map<string, FinalOutcome<T>>();
  readonly verdict = new Verdict();
  readonly #options: RunOptions<N, T>;
  readonly #graph: TaskGraph<N>;
  readonly #queue: Queue<Task>;
  /** How many of the graph's tasks have been looked at. */
  #welcomed = 0;
  #queued = 0;

  constructor(dag: Dag<N>, options: RunOptions<N, T>) {
    this.#options = options;
    this.#graph = new TaskGraph(dag);
    this.#queue = options.queue ? queueOfTasks(options.queue, this.#graph) : createFifo();
  }

  /** Whether the queue holds tasks back. */
  get queued(): boolean {
    return this.#queued > 0;
  }

  /** A task that may start now, if there is one. */
  take(): Task | undefined {
    this.#welcome();
    const { states, unmet } = this.#graph;
    while (!this.verdict.stopped) {
      const task = this.#queue.take();
      if (task === undefined) return undefined;
      this.#queued -= 1;
      if (states[task] === 'offered' && unmet[task] === 0) return task;
      this.#queue.release(task);
      if (states[task] === 'offered') states[task] = 'pending'; // it was given a need while it was queued
    }
    return undefined;
  }

  /** The task starts an attempt. */
  start(task: Task): N {
    const { nodes, states, attempts } = this.#graph;
    states[task] = 'running';
    attempts[task]! += 1;
    const node = nodes[task]!;
    this.#options.onStart?.(node, attempts[task]!);
    return node;
  }

  attempt(task: Task): number {
    return this.#graph.attempts[task]!;
  }

  /** How the direct needs ended, by id. */
  endsOfNeeds(task: Task): Map<string, FinalOutcome<T>> {
    const ends = new Map<string, FinalOutcome<T>>();
    for (const need of this.#graph.needsOf(task)) {
      const { id } = this.#graph.nodes[need]!;
      const outcome = this.outcomes.get(id);
      if (outcome !== undefined) ends.set(id, outcome);
    }
    return ends;
  }

  /** The attempt is over: the task gives its place back. */
  release(task: Task): void {
    this.#graph.states[task] = 'pending';
    this.#queue.release(task);
  }

  /** All needs of the task are met: it may start when its turn comes. */
  offer(task: Task): void {
    const { states } = this.#graph;
    if (states[task] !== 'pending') return;
    states[task] = 'offered';
    this.#queued += 1;
    this.#queue.offer(task);
  }

  /** What the task waited for has happened. */
  unpark(task: Task): void {
    const { nodes, states } = this.#graph;
    if (this.verdict.stopped || states[task] !== 'parked') return;
    this.outcomes.delete(nodes[task]!.id);
    this.verdict.unpark();
    states[task] = 'pending';
    this.offer(task);
  }

  settle(task: Task, outcome: KnownOutcome<T, N>): void {
    const final = this.#withAdditions(outcome);
    this.#record(task, final);
    this.#options.onSettle?.(this.#graph.nodes[task]!, final);
    this.#pass(task);
  }

  /** Skips all that has not ended when the run was stopped, parts before wholes, but what can be told all the same. */
  skipRest(): void {
    const { size, nodes } = this.#graph;
    const rest = Array.from({ length: size }, (_, n) => this.#graph.nth(n));
    for (const task of rest) if (nodes[task]!.partOf !== undefined) this.#cutOff(task);
    for (const task of rest) this.#cutOff(task);
  }

  #cutOff(task: Task): void {
    const { states } = this.#graph;
    if (states[task] === 'ended' || states[task] === 'parked') return;
    const conclusion = this.#conclude(task);
    if (conclusion === undefined) this.#skip(task, this.verdict.cutOff());
    else this.settle(task, conclusion);
  }

  /** How a task ends all the same that only the end of the run kept from starting. */
  #conclude(task: Task): FinalOutcome<T> | undefined {
    const { nodes, attempts } = this.#graph;
    const { conclude } = this.#options;
    if (conclude === undefined || attempts[task]! > 0) return undefined;
    const isWhole = this.#graph.isWhole(task);
    const lets = (need: Task): boolean =>
      endedInTime(this.outcomes.get(nodes[need]!.id)) && (isWhole || this.#graph.blockOf(need, task) === undefined);
    const isComplete = this.#graph.needsOf(task).every(lets);
    return isComplete || isWhole ? conclude(nodes[task]!, isComplete) : undefined;
  }

  /** Looks at what is new: at first all tasks, needs first; later those that joined. */
  #welcome(): void {
    const { nodes, states, unmet, blockedBy } = this.#graph;
    while (this.#welcomed < nodes.length) {
      const task = this.#graph.nth(this.#welcomed++);
      const known = this.#options.initial?.get(nodes[task]!.id);
      const blocked = blockedBy.get(task);
      states[task] = 'pending';
      if (known) {
        this.#record(task, this.#withAdditions(known));
        this.#pass(task);
      } else if (blocked !== undefined) {
        this.#skip(task, blocked);
        this.#pass(task);
      } else if (unmet[task] === 0) this.offer(task);
    }
  }

  #withAdditions(outcome: KnownOutcome<T, N>): FinalOutcome<T> {
    if (outcome.status !== 'succeeded' || outcome.add === undefined) return outcome;
    const error = this.#graph.add(outcome.add);
    return error ? { status: 'failed', error } : outcome;
  }

  #record(task: Task, outcome: FinalOutcome<T>): void {
    const { nodes, states, lapses } = this.#graph;
    states[task] = outcome.status === 'waiting' ? 'parked' : 'ended';
    this.outcomes.set(nodes[task]!.id, outcome);
    if (outcome.status === 'waiting') this.verdict.park();
    if (outcome.status === 'skipped') lapses.set(task, 'skipped');
    if (outcome.status === 'failed') this.#recordFailure(task);
  }

  #recordFailure(task: Task): void {
    const { onFailure = 'abort' } = this.#options;
    let known: boolean | undefined;
    const isAccepted = (): boolean => (known ??= !this.verdict.canceled && this.#graph.isAccepted(task));
    const policy = typeof onFailure === 'function' ? onFailure(this.#graph.nodes[task]!, isAccepted) : onFailure;
    this.#graph.lapses.set(task, policy === 'continue' ? 'continued' : 'failed');
    if (policy === 'continue') return;
    this.verdict.fail();
    if (policy === 'abort' && !isAccepted()) this.verdict.abort();
  }

  /** Tells the dependents that the task has ended. */
  #pass(task: Task): void {
    if (this.#graph.states[task] === 'parked' || this.verdict.canceled) return;
    if (this.#graph.passesAll(task)) this.#graph.forDependents(task, this.#meet);
    else this.#passOrSkip(task);
  }

  readonly #meet = (dependent: Task) => {
    const { unmet } = this.#graph;
    unmet[dependent]! -= 1;
    if (unmet[dependent] === 0) this.offer(dependent);
  };

  /** Those that its end keeps from running are skipped, and so on for what needs them. */
  #passOrSkip(task: Task): void {
    const { states, blockedBy } = this.#graph;
    const ended = [task];
    for (const need of ended) {
      this.#graph.forDependents(need, (dependent) => {
        const block = this.#graph.isWhole(dependent) ? undefined : this.#graph.blockOf(need, dependent);
        if (block === undefined) return this.#meet(dependent);
        const reason = blockedBy.get(dependent) ?? block;
        blockedBy.set(dependent, reason);
        if (states[dependent] !== 'pending' && states[dependent] !== 'offered') return;
        this.#skip(dependent, reason);
        ended.push(dependent);
      });
    }
  }

  #skip(task: Task, reason: SkipReason): void {
    const outcome = { status: 'skipped', reason } as const;
    this.#record(task, outcome);
    this.#options.onSettle?.(this.#graph.nodes[task]!, outcome);
  }
}
