import type { Dag, DagNode } from './build-dag.ts';
import { Execution } from './execution.ts';
import type { FinalOutcome, KnownOutcome, Outcome } from './outcome.ts';
import type { Queue } from './queue.ts';

/** What a node may ask while it runs. */
export type RunContext<T> = {
  /** Aborts with the run's own signal, or when the run itself breaks. */
  readonly signal: AbortSignal;
  /** Values of the direct needs that succeeded, by id. */
  readonly needs: ReadonlyMap<string, T>;
  /** How the direct needs ended, by id: of interest to a node that `accepts` more than success. */
  readonly ends: ReadonlyMap<string, FinalOutcome<T>>;
  /** 1, and one more after each `retry`. */
  readonly attempt: number;
};

/** Does one node. A throw or rejection is a failure with that error; an answer that is no promise costs least. */
export type RunNode<N extends DagNode, T> = (node: N, context: RunContext<T>) => Outcome<T, N> | Promise<Outcome<T, N>>;

/**
 * What the failure of a node means for the others.
 * `abort`: nothing more starts, what runs finishes, the rest is skipped; but where something accepts the failure, or
 *    what is skipped because of it, the rest goes on as with `skip_dependents` ·
 * `skip_dependents`: all that needs it, directly or not, is skipped, the rest goes on ·
 * `continue`: the failure passes for a success, dependents run without its value.
 */
export type FailurePolicy = 'abort' | 'skip_dependents' | 'continue';

export type RunOptions<N extends DagNode, T> = {
  /** How many nodes run at once at most: a whole number from 1, or `Infinity`, which is the default. */
  readonly concurrency?: number | undefined;
  /** Ends the run gently: nothing more starts, also no retry; nodes that run finish and do not see it. */
  readonly drain?: AbortSignal | undefined;
  /** Ends the run: nothing more starts, nodes that run see it abort. Stronger than a `drain` that came before. */
  readonly signal?: AbortSignal | undefined;
  /** Outcomes known beforehand, also of nodes that will be added. Such a node is not run, nor told to the hooks. */
  readonly initial?: ReadonlyMap<string, KnownOutcome<T, N>> | undefined;
  readonly queue?: Queue<N> | undefined;
  /** `abort` unless given. `isAccepted` tells whether something goes on with the failure, which then aborts nothing. */
  readonly onFailure?: FailurePolicy | ((node: N, isAccepted: () => boolean) => FailurePolicy) | undefined;
  /**
   * Called when the run was stopped before a node could start all of whose needs had ended by then: how it ends all the
   * same. Undefined: it is skipped like the rest. For nodes that start nothing, but only say what their needs came to.
   * A node with parts is asked in any case; `isComplete`: all that it needs had ended.
   */
  readonly conclude?: ((node: N, isComplete: boolean) => FinalOutcome<T> | undefined) | undefined;
  /** Called before each attempt. An error thrown by a hook or the queue breaks the run: `runDag` rejects with it. */
  readonly onStart?: ((node: N, attempt: number) => void) | undefined;
  /** Called once for each node that is run or skipped, with the outcome that the result will hold; for one that waited `until` something, once more. */
  readonly onSettle?: ((node: N, outcome: FinalOutcome<T>) => void) | undefined;
  /** Measures the wait before a retry; the timers of the process unless given. */
  readonly clock?: { sleep(ms: number, signal?: AbortSignal): Promise<void> } | undefined;
};

export type DagResult<T> = {
  /**
   * `canceled`: the signal aborted before the end, or the drain kept a node from ending · `failed`: a failure ended the run, or all ended and one failed that
   * was not accepted with `continue` · `waiting`: all that could run has ended, some nodes are parked · else `succeeded`.
   */
  readonly status: 'succeeded' | 'failed' | 'waiting' | 'canceled';
  /** By id, in the order of ending. Only what waits for a parked node is absent. */
  readonly outcomes: Map<string, FinalOutcome<T>>;
};

/**
 * Runs every node as soon as its own needs are met, in time linear in nodes and needs. Resolves when nothing runs and
 * nothing more can start; never rejects because of a node.
 */
export async function runDag<N extends DagNode, T>(
  dag: Dag<N>,
  run: RunNode<N, T>,
  options: RunOptions<N, T> = {},
): Promise<DagResult<T>> {
  const { concurrency = Infinity } = options;
  if (concurrency !== Infinity && !(Number.isInteger(concurrency) && concurrency >= 1)) {
    throw new RangeError(`Expected \`concurrency\` to be a whole number from 1, or Infinity, got \`${concurrency}\`.`);
  }
  return new Execution(dag, run, options).start();
}
