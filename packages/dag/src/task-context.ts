import type { DagNode } from './build-dag.ts';
import type { RunContext } from './run-dag.ts';
import type { Task } from './task.ts';

/** What a task's node may ask. The values of needs are gathered only for who looks at them. */
export class TaskContext<N extends DagNode, T> implements RunContext<T> {
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly #task: Task<N, T>;
  #needs: ReadonlyMap<string, T> | undefined;

  constructor(task: Task<N, T>, signal: AbortSignal) {
    this.signal = signal;
    this.attempt = task.attempt;
    this.#task = task;
  }

  get needs(): ReadonlyMap<string, T> {
    return (this.#needs ??= valuesOfNeeds(this.#task));
  }
}

function valuesOfNeeds<N extends DagNode, T>(task: Task<N, T>): ReadonlyMap<string, T> {
  const values = new Map<string, T>();
  for (const { node, outcome } of task.needs) {
    if (outcome?.status === 'succeeded') values.set(node.id, outcome.value);
  }
  return values;
}
