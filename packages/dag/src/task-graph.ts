import type { Dag, DagNode, Ending } from './build-dag.ts';
import { alreadyStarted, cycle, duplicateId, unknownNeed } from './dag-error.ts';
import type { AddError } from './dag-error.ts';
import { countEdges, edgesOf } from './edges.ts';
import { findCycle } from './find-cycle.ts';
import type { NodeSpec, SkipReason } from './outcome.ts';

/** A node of a running graph, by its position in the graph it began with, or beyond when it joined. */
export type Task = number;

/**
 * `new`: linked, not yet looked at · `pending`: waits for its needs, or for its next attempt · `offered`: in the queue ·
 * `parked`: waits for the world outside · `ended`: nothing will change any more.
 */
export type TaskState = 'new' | 'pending' | 'offered' | 'running' | 'parked' | 'ended';

/** How a task ended that did not succeed. `continued`: it failed, and passes for a success too. */
export type Lapse = 'failed' | 'continued' | 'skipped';

/** The tasks of one run, and what has become of each. Arrays by task, since objects for many tasks cost many times more. */
export class TaskGraph<N extends DagNode> {
  readonly nodes: N[];
  readonly states: TaskState[];
  /** How many needs have not ended, or ended in a way that keeps the task from running. */
  readonly unmet: number[];
  readonly attempts: number[];
  /** The tasks that ended and did not succeed. */
  readonly lapses = new Map<Task, Lapse>();
  /** Why a task cannot run itself: how one of its needs ended. */
  readonly blockedBy = new Map<Task, SkipReason>();
  readonly #dag: Dag<N>;
  readonly #joined = new Map<string, Task>();
  readonly #joinedNeeds = new Map<Task, Task[]>();
  readonly #joinedDependents = new Map<Task, Task[]>();
  /** The nodes that have parts. */
  readonly #wholes = new Set<string>();
  #anyAccepts = false;

  constructor(dag: Dag<N>) {
    this.#dag = dag;
    this.nodes = [...dag.nodes];
    this.states = new Array<TaskState>(this.nodes.length).fill('new');
    this.attempts = new Array<number>(this.nodes.length).fill(0);
    this.unmet = this.nodes.map((_, task) => countEdges(dag.needs, task));
    for (const node of this.nodes) this.#noteTerms(node);
  }

  get size(): number {
    return this.nodes.length;
  }

  /** The nth task in an order that only grows: first those of the graph, needs first, then as they joined. */
  nth(n: number): Task {
    return this.#dag.order[n] ?? n;
  }

  find(id: string): Task | undefined {
    return this.#dag.index.get(id) ?? this.#joined.get(id);
  }

  needsOf(task: Task): Task[] {
    return [...edgesOf(this.#dag.needs, task), ...(this.#joinedNeeds.get(task) ?? [])];
  }

  /** Calls `visit` with each task that needs this one. */
  forDependents(task: Task, visit: (dependent: Task) => void): void {
    const { from, to } = this.#dag.dependents;
    const end = from[task + 1] ?? 0;
    for (let i = from[task]!; i < end; i++) visit(to[i]!);
    if (this.#joinedDependents.size > 0) this.#joinedDependents.get(task)?.forEach(visit);
  }

  /** Whether nobody that needs the task can be kept from running by how it ended. */
  passesAll(task: Task): boolean {
    return !this.#anyAccepts && (this.lapses.size === 0 || passesUnasked(this.lapses.get(task)));
  }

  /** Why the end of a need keeps a task from running; undefined when it does not. */
  blockOf(need: Task, task: Task, lapse: Lapse | undefined = this.lapses.get(need)): SkipReason | undefined {
    const accepted = this.#anyAccepts ? this.#acceptedEnds(need, task) : undefined;
    const passes = accepted === undefined ? passesUnasked(lapse) : endings(lapse).some((end) => accepted.includes(end));
    return passes ? undefined : reasonOf(lapse);
  }

  /** Whether it has parts: it runs once all its needs have ended, however they did. */
  isWhole(task: Task): boolean {
    return this.#wholes.size > 0 && this.#wholes.has(this.nodes[task]!.id);
  }

  /** Whether something goes on with a task that failed: what accepts that, or accepts what comes to nothing for it. */
  isAccepted(failed: Task): boolean {
    if (!this.#anyAccepts) return false;
    const lapses = new Map<Task, Lapse>([[failed, 'failed']]);
    const passing = new Set<Task>();
    for (const [need, lapse] of lapses) {
      this.forDependents(need, (dependent) => {
        if (this.states[dependent] === 'ended' || this.blockedBy.has(dependent) || lapses.has(dependent)) return;
        if (this.blockOf(need, dependent, lapse) !== undefined) lapses.set(dependent, 'skipped');
        else if (!this.#isPart(need, dependent)) passing.add(dependent);
        else if (lapse === 'failed') lapses.set(dependent, 'failed');
      });
    }
    return [...passing].some((task) => !lapses.has(task));
  }

  /** What the task accepts of its need; undefined when nobody said, and it has to succeed. */
  #acceptedEnds(need: Task, task: Task): readonly Ending[] | undefined {
    const { accepts } = this.nodes[task]!;
    const needed = this.nodes[need]!.id;
    if (accepts !== undefined && Object.hasOwn(accepts, needed)) return accepts[needed];
    return this.#isPart(need, task) ? anyEnd : undefined;
  }

  #isPart(task: Task, whole: Task): boolean {
    const { partOf } = this.nodes[task]!;
    return partOf !== undefined && partOf === this.nodes[whole]!.id;
  }

  /** Links nodes in, all or, when one does not fit, none. The cost is that of the new nodes and what they wait for. */
  add(specs: readonly NodeSpec<N>[]): AddError | undefined {
    const joining = new Map<string, Task>();
    for (const { node } of specs) {
      if (joining.has(node.id) || this.find(node.id) !== undefined) return duplicateId(node.id);
      joining.set(node.id, this.size + joining.size);
    }
    const links = this.#resolve(specs, joining);
    if (!Array.isArray(links)) return links;
    const path = findCycle(joining.values(), this.#needsWith(links));
    if (path) return cycle(path.map((task) => (this.nodes[task] ?? specs[task - this.size]!.node).id));
    for (const spec of specs) this.#join(spec);
    for (const link of links) this.#link(link);
    return undefined;
  }

  #resolve(specs: readonly NodeSpec<N>[], joining: ReadonlyMap<string, Task>): Link[] | AddError {
    const find = (id: string) => joining.get(id) ?? this.find(id);
    const links: Link[] = [];
    for (const { node, neededBy = [] } of specs) {
      const task = joining.get(node.id)!;
      for (const id of node.needs ?? []) {
        const need = find(id);
        if (need === undefined) return unknownNeed(node.id, id, { ids: this.#ids(joining) });
        links.push({ task, need });
      }
      for (const id of neededBy) {
        const dependent = find(id);
        if (dependent === undefined) return unknownNeed(node.id, id, { ids: this.#ids(joining), link: 'neededBy' });
        if (this.attempts[dependent]! > 0) return alreadyStarted(node.id, id);
        links.push({ task: dependent, need: task });
      }
    }
    return links;
  }

  *#ids(joining: ReadonlyMap<string, unknown>): Iterable<string> {
    yield* this.#dag.index.keys();
    yield* this.#joined.keys();
    yield* joining.keys();
  }

  /** What a task needs once `links` hold. What has started or ended waits for nothing and closes no cycle. */
  #needsWith(links: readonly Link[]): (task: Task) => readonly Task[] {
    const more = new Map<Task, Task[]>();
    for (const { task, need } of links) push(more, task, need);
    return (task) => {
      if (this.attempts[task]! > 0 || this.states[task] === 'ended') return [];
      const joined = more.get(task) ?? [];
      return task < this.size ? [...this.needsOf(task), ...joined] : joined;
    };
  }

  #noteTerms({ accepts, partOf }: N): void {
    this.#anyAccepts ||= accepts !== undefined || partOf !== undefined;
    if (partOf !== undefined) this.#wholes.add(partOf);
  }

  #join({ node }: NodeSpec<N>): void {
    this.#noteTerms(node);
    this.#joined.set(node.id, this.size);
    this.nodes.push(node);
    this.states.push('new');
    this.unmet.push(0);
    this.attempts.push(0);
  }

  /** Whatever has become of the need already. */
  #link({ task, need }: Link): void {
    push(this.#joinedNeeds, task, need);
    if (this.states[need] !== 'ended') {
      this.unmet[task]! += 1;
      push(this.#joinedDependents, need, task);
      return;
    }
    const block = this.isWhole(task) ? undefined : this.blockOf(need, task);
    if (block !== undefined && !this.blockedBy.has(task)) this.blockedBy.set(task, block);
  }
}

const anyEnd: readonly Ending[] = ['succeeded', 'failed', 'skipped'];

type Link = { readonly task: Task; readonly need: Task };

function push(lists: Map<Task, Task[]>, at: Task, value: Task): void {
  const list = lists.get(at);
  if (list) list.push(value);
  else lists.set(at, [value]);
}

function passesUnasked(lapse: Lapse | undefined): boolean {
  return lapse === undefined || lapse === 'continued';
}

function endings(lapse: Lapse | undefined): readonly Ending[] {
  if (lapse === undefined) return ['succeeded'];
  return lapse === 'continued' ? ['succeeded', 'failed'] : [lapse];
}

function reasonOf(lapse: Lapse | undefined): SkipReason {
  if (lapse === undefined) return 'dependency_succeeded';
  return lapse === 'skipped' ? 'dependency_skipped' : 'dependency_failed';
}
