import type { DagNode } from './build-dag.ts';
import type { FinalOutcome } from './outcome.ts';
import type { Progress } from './progress.ts';
import type { RunContext } from './run-dag.ts';
import type { Task } from './task-graph.ts';

/** What a task's node may ask. How its needs ended is gathered only for who looks at them. */
export class TaskContext<N extends DagNode, T> implements RunContext<T> {
  readonly signal: AbortSignal;
  readonly attempt: number;
  readonly #task: Task;
  readonly #progress: Progress<N, T>;
  #needs: ReadonlyMap<string, T> | undefined;
  #ends: ReadonlyMap<string, FinalOutcome<T>> | undefined;

  constructor(task: Task, progress: Progress<N, T>, signal: AbortSignal) {
    this.signal = signal;
    this.attempt = progress.attempt(task);
    this.#task = task;
    this.#progress = progress;
  }

  get needs(): ReadonlyMap<string, T> {
    return (this.#needs ??= valuesOf(this.ends));
  }

  get ends(): ReadonlyMap<string, FinalOutcome<T>> {
    return (this.#ends ??= this.#progress.endsOfNeeds(this.#task));
  }
}

function valuesOf<T>(ends: ReadonlyMap<string, FinalOutcome<T>>): Map<string, T> {
  const values = new Map<string, T>();
  for (const [id, outcome] of ends) if (outcome.status === 'succeeded') values.set(id, outcome.value);
  return values;
}
