import type { DagNode } from './build-dag.ts';
import type { Progress } from './progress.ts';
import type { RunContext } from './run-dag.ts';
import type { Task } from './task-graph.ts';

/** What a task's node may ask. The values of needs are gathered only for who looks at them. */
export class TaskContext<N extends DagNode, T> implements RunContext<T> {
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly #task: Task;
  readonly #progress: Progress<N, T>;
  #needs: ReadonlyMap<string, T> | undefined;

  constructor(task: Task, progress: Progress<N, T>, signal: AbortSignal) {
    this.signal = signal;
    this.attempt = progress.attempt(task);
    this.#task = task;
    this.#progress = progress;
  }

  get needs(): ReadonlyMap<string, T> {
    return (this.#needs ??= this.#progress.valuesOfNeeds(this.#task));
  }
}
