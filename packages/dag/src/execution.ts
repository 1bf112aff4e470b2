import { setTimeout as sleep } from 'node:timers/promises';
import type { Dag, DagNode } from './build-dag.ts';
import { asOutcome } from './outcome.ts';
import type { Outcome } from './outcome.ts';
import { Progress } from './progress.ts';
import type { DagResult, RunNode, RunOptions } from './run-dag.ts';
import { TaskContext } from './task-context.ts';
import type { Task } from './task-graph.ts';

const timers = { sleep: (ms: number, signal?: AbortSignal) => sleep(ms, undefined, signal && { signal }) };

/**
 * One run of a graph. Whatever happens from outside (a node ends, a delay is over, the queue wakes, the signal aborts)
 * is one turn: it changes something, then everything starts that can. Nodes that answer at once are done in a loop.
 */
export class Execution<N extends DagNode, T> {
  readonly #run: RunNode<N, T>;
  readonly #options: RunOptions<N, T>;
  readonly #progress: Progress<N, T>;
  readonly #result = Promise.withResolvers<DagResult<T>>();
  readonly #nodes = new AbortController();
  /** Waits for a retry. One signal for all would cost time proportional to how many wait. */
  readonly #waits = new Set<AbortController>();
  #running = 0;
  #inTurn = false;
  #woken = false;
  #over = false;
  #broken: { readonly error: unknown } | undefined;

  constructor(dag: Dag<N>, run: RunNode<N, T>, options: RunOptions<N, T>) {
    this.#run = run;
    this.#options = options;
    this.#progress = new Progress(dag, options);
  }

  start(): Promise<DagResult<T>> {
    const { drain, signal, queue } = this.#options;
    this.#turn(() => {
      drain?.addEventListener('abort', this.#onDrain);
      signal?.addEventListener('abort', this.#onAbort);
      if (drain?.aborted) this.#drain();
      if (signal?.aborted) this.#cancel();
      queue?.wake?.(() => this.#turn(() => void (this.#woken = true)));
    });
    return this.#result.promise;
  }

  readonly #onDrain = () => this.#turn(() => this.#drain());
  readonly #onAbort = () => this.#turn(() => this.#cancel());

  #drain(): void {
    this.#progress.verdict.drain();
    this.#endWaits();
  }

  #cancel(): void {
    this.#progress.verdict.cancel();
    this.#endWaits();
    this.#nodes.abort(this.#options.signal?.reason);
  }

  #turn(change: () => void): void {
    if (this.#over) return;
    if (this.#inTurn) return change(); // the turn under way goes on with what changed
    this.#inTurn = true;
    try {
      change();
      this.#startReady();
      if (this.#running === 0) this.#endIfIdle();
    } catch (error) {
      this.#break(error);
    }
    this.#inTurn = false;
  }

  #startReady(): void {
    const { concurrency = Infinity } = this.#options;
    do {
      this.#woken = false;
      while (this.#running < concurrency) {
        const task = this.#progress.take();
        if (task === undefined) break;
        this.#start(task);
      }
    } while (this.#woken);
  }

  #start(task: Task): void {
    const node = this.#progress.start(task);
    this.#running += 1;
    const answer = this.#attempt(task, node);
    if (!isPromise(answer)) return this.#end(task, answer);
    answer.then(
      (outcome) => this.#turn(() => this.#end(task, outcome)),
      (error: unknown) => this.#turn(() => this.#end(task, { status: 'failed', error })),
    );
  }

  #attempt(task: Task, node: N): Outcome<T, N> | Promise<Outcome<T, N>> {
    try {
      return this.#run(node, new TaskContext(task, this.#progress, this.#nodes.signal));
    } catch (error) {
      return { status: 'failed', error };
    }
  }

  #end(task: Task, answer: Outcome<T, N>): void {
    this.#running -= 1;
    this.#progress.release(task);
    const outcome = asOutcome(answer);
    if (outcome.status === 'retry') return this.#delay(task, outcome.afterMs);
    this.#progress.settle(task, outcome);
    if (outcome.status !== 'waiting') return;
    const tryAgain = () => this.#turn(() => this.#progress.unpark(task));
    outcome.until?.then(tryAgain, tryAgain);
  }

  #delay(task: Task, ms: number): void {
    const { clock = timers } = this.#options;
    const wait = new AbortController();
    this.#waits.add(wait);
    const startAgain = () => {
      this.#waits.delete(wait);
      this.#progress.offer(task);
    };
    clock.sleep(ms, wait.signal).then(
      () => this.#turn(startAgain),
      (error: unknown) =>
        this.#turn(() => {
          if (!wait.signal.aborted) throw error;
        }),
    );
  }

  #endWaits(): void {
    for (const wait of this.#waits) wait.abort();
    this.#waits.clear();
  }

  #endIfIdle(): void {
    const { queued, verdict } = this.#progress;
    const { stopped } = verdict;
    if (!stopped && this.#waits.size > 0) return;
    if (!stopped && queued) return this.#expectWake();
    if (stopped && !this.#broken) this.#progress.skipRest();
    this.#finish();
  }

  #expectWake(): void {
    if (this.#options.queue?.wake) return;
    throw new Error('The queue holds nodes back while none is running, and has no `wake` to say when it lets one go.');
  }

  /** Something other than a node failed: the run ends as soon as its nodes have. */
  #break(error: unknown): void {
    this.#broken ??= { error };
    this.#progress.verdict.abort();
    this.#nodes.abort(error);
    if (this.#running === 0) this.#finish();
  }

  #finish(): void {
    this.#over = true;
    this.#options.drain?.removeEventListener('abort', this.#onDrain);
    this.#options.signal?.removeEventListener('abort', this.#onAbort);
    this.#endWaits();
    if (this.#broken) this.#result.reject(this.#broken.error);
    else this.#result.resolve({ status: this.#progress.verdict.status, outcomes: this.#progress.outcomes });
  }
}

function isPromise<R extends object>(answer: R | Promise<R>): answer is Promise<R> {
  return typeof (answer as Partial<Promise<R>> | undefined)?.then === 'function';
}
