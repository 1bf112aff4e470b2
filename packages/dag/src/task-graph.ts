import type { Dag, DagNode } from './build-dag.ts';
import { alreadyStarted, cycle, duplicateId, unknownNeed } from './dag-error.ts';
import type { AddError } from './dag-error.ts';
import { countEdges, edgesOf } from './edges.ts';
import { findCycle } from './find-cycle.ts';
import type { NodeSpec } from './outcome.ts';
import { createTask, link } from './task.ts';
import type { Task } from './task.ts';

/** The tasks of one run: those of the graph it began with, then those that joined. */
export class TaskGraph<N extends DagNode, T> {
  readonly #dag: Dag<N>;
  readonly #tasks: Task<N, T>[];
  readonly #joined = new Map<string, Task<N, T>>();

  constructor(dag: Dag<N>) {
    this.#dag = dag;
    this.#tasks = dag.nodes.map((node, at) => createTask(node, at, countEdges(dag.needs, at)));
  }

  get size(): number {
    return this.#tasks.length;
  }

  /** The nth task in an order that only grows: first those of the graph, needs first, then as they joined. */
  nth(n: number): Task<N, T> {
    return this.#tasks[this.#dag.order[n] ?? n]!;
  }

  find(id: string): Task<N, T> | undefined {
    const at = this.#dag.index.get(id);
    return at === undefined ? this.#joined.get(id) : this.#tasks[at];
  }

  needsOf({ at, joinedNeeds = [] }: Task<N, T>): Task<N, T>[] {
    const needs = Array.from(edgesOf(this.#dag.needs, at), (need) => this.#tasks[need]!);
    return needs.concat(joinedNeeds);
  }

  countDependents({ at, joinedDependents }: Task<N, T>): number {
    return countEdges(this.#dag.dependents, at) + (joinedDependents?.length ?? 0);
  }

  /** The nth of those that need the task: first as the graph has it, then as they joined. */
  dependentOf({ at, joinedDependents }: Task<N, T>, n: number): Task<N, T> {
    const { dependents } = this.#dag;
    const given = countEdges(dependents, at);
    return n < given ? this.#tasks[dependents.to[dependents.from[at]! + n]!]! : joinedDependents![n - given]!;
  }

  /** Links nodes in, all or, when one does not fit, none. The cost is that of the new nodes and what they wait for. */
  add(specs: readonly NodeSpec<N>[]): AddError | undefined {
    const joining = new Map<string, Task<N, T>>();
    for (const { node } of specs) {
      if (joining.has(node.id) || this.find(node.id)) return duplicateId(node.id);
      joining.set(node.id, createTask(node, this.size + joining.size, 0));
    }
    const links = this.#resolve(specs, joining);
    if (!Array.isArray(links)) return links;
    const path = findCycle(joining.values(), this.#needsWith(links));
    if (path) return cycle(path.map((task) => task.node.id));
    for (const { task, need } of links) link(task, need);
    for (const [id, task] of joining) {
      this.#joined.set(id, task);
      this.#tasks.push(task);
    }
    return undefined;
  }

  #resolve(specs: readonly NodeSpec<N>[], joining: ReadonlyMap<string, Task<N, T>>): Link<N, T>[] | AddError {
    const find = (id: string) => joining.get(id) ?? this.find(id);
    const links: Link<N, T>[] = [];
    for (const { node, neededBy = [] } of specs) {
      const task = joining.get(node.id)!;
      for (const id of node.needs ?? []) {
        const need = find(id);
        if (!need) return unknownNeed(node.id, id, { ids: this.#ids(joining) });
        links.push({ task, need });
      }
      for (const id of neededBy) {
        const dependent = find(id);
        if (!dependent) return unknownNeed(node.id, id, { ids: this.#ids(joining), link: 'neededBy' });
        if (dependent.attempt > 0) return alreadyStarted(node.id, id);
        links.push({ task: dependent, need: task });
      }
    }
    return links;
  }

  /** What a task needs once `links` hold. What has started or ended waits for nothing and closes no cycle. */
  #needsWith(links: readonly Link<N, T>[]) {
    const more = Map.groupBy(links, ({ task }) => task);
    return (task: Task<N, T>): Task<N, T>[] =>
      task.attempt > 0 || task.state === 'ended'
        ? []
        : this.needsOf(task).concat((more.get(task) ?? []).map(({ need }) => need));
  }

  *#ids(joining: ReadonlyMap<string, unknown>): Iterable<string> {
    yield* this.#dag.index.keys();
    yield* this.#joined.keys();
    yield* joining.keys();
  }
}

type Link<N extends DagNode, T> = { readonly task: Task<N, T>; readonly need: Task<N, T> };
