import type { DagNode } from './build-dag.ts';

/** Why a node was skipped: one of these, or whatever reason its own `run` gave. */
export type SkipReason =
  /** Something it needs failed. */
  | 'dependency_failed'
  /** Something it needs was skipped. */
  | 'dependency_skipped'
  /** Something it needs succeeded, and it accepts only another end of that. */
  | 'dependency_succeeded'
  /** A failure elsewhere ended the run before it could start (again). */
  | 'aborted'
  /** The signal or the drain ended the run before it could start (again). */
  | 'canceled'
  | (string & {});

type Succeeded<T> = { readonly status: 'succeeded'; readonly value: T };

type Unsuccessful =
  | { readonly status: 'failed'; readonly error: unknown }
  | { readonly status: 'skipped'; readonly reason: SkipReason }
  /** Parked until something outside happens: its dependents stay pending, everything else goes on. */
  | {
      readonly status: 'waiting';
      readonly reason: string;
      /** When it settles while the run goes on, the node is tried again. The run does not stay for it. */
      readonly until?: Promise<unknown> | undefined;
    };

/** How a node ended in this run. */
export type FinalOutcome<T> = Succeeded<T> | Unsuccessful;

/** An outcome that is known before the run; nodes that came of it join the graph as they did then. */
export type KnownOutcome<T, N extends DagNode = never> = (Succeeded<T> & Additions<N>) | Unsuccessful;

/** What one attempt at a node came to. `retry`: once more after `afterMs`, holding no slot meanwhile. */
export type Outcome<T, N extends DagNode = never> =
  KnownOutcome<T, N> | { readonly status: 'retry'; readonly afterMs: number };

type Additions<N extends DagNode> = {
  /** Nodes that join the running graph, all or none: if they do not fit, the node that adds them fails. */
  readonly add?: readonly NodeSpec<N>[] | undefined;
};

/** A node that joins a running graph. It may need any node of the graph, also ended ones, and others added with it. */
export type NodeSpec<N extends DagNode> = {
  readonly node: N;
  /** Nodes that have not started yet and from now on need this one too. */
  readonly neededBy?: readonly string[] | undefined;
};

const statuses: readonly unknown[] = ['succeeded', 'failed', 'skipped', 'waiting', 'retry'];

/** The outcome, or a failure when code without types answered something else. */
export function asOutcome<T, N extends DagNode>(answer: Outcome<T, N>): Outcome<T, N> {
  const status: unknown = (answer as typeof answer | undefined)?.status;
  if (statuses.includes(status)) return answer;
  const error = new TypeError(
    `Expected an outcome whose status is one of ${statuses.join(', ')}, got ${String(status)}.`,
  );
  return { status: 'failed', error };
}

const cutOffs: ReadonlySet<SkipReason> = new Set(['aborted', 'canceled']);

/** Whether it is what a node came to by itself: not that it waits, nor that the end of the run kept it from more. */
export function endedInTime<T>(outcome: FinalOutcome<T> | undefined): boolean {
  if (outcome === undefined || outcome.status === 'waiting') return false;
  return outcome.status !== 'skipped' || !cutOffs.has(outcome.reason);
}
