import { OrchError } from '@orch/contracts';
import type { PlanStep } from '@orch/contracts';
import { buildDag, runDag } from '@orch/dag';
import type { DagResult, Outcome as NodeOutcome, SkipReason } from '@orch/dag';
import { runAttempt } from '../attempt/attempt.ts';
import { failsJob, policyOf } from '../graph/failure-policy.ts';
import { createFanOuts } from '../fan-out/fan-out.ts';
import type { FanOuts } from '../fan-out/fan-out.ts';
import { planNodes } from '../graph/graph.ts';
import { itemOf } from '../fan-out/item-of.ts';
import type { RunNode } from '../graph/graph.ts';
import type { Lapsed, Settled } from './results.ts';
import type { RunContext } from './run-context.ts';

export type StepsResult = { readonly status: DagResult<Settled>['status']; readonly error: OrchError | undefined };

export type StopSignals = {
  /** Nothing more starts; what runs finishes. */
  readonly drain: AbortSignal;
  /** What runs is ended too. */
  readonly signal: AbortSignal;
  /** The first failure ends what runs. */
  readonly failFast: boolean;
};

/** Runs the steps of a plan to the end of each: every one succeeds, fails, is skipped with a reason, or waits for a later attempt. */
export async function runSteps(
  run: RunContext,
  steps: readonly PlanStep[],
  { drain, signal: stop, failFast }: StopSignals,
): Promise<StepsResult> {
  const dag = buildDag(planNodes(steps));
  if (!dag.ok) throw new OrchError('spec', dag.error.message);
  const fanOuts = createFanOuts(run);
  /** Those that the job fails for. */
  const failures = new Map<string, OrchError>();
  /** Of the same nodes, whether something goes on with the failure. */
  const goesOn = new Map<string, boolean>();
  const skipped = new Map<string, SkipReason>();
  const failed = new AbortController();
  const signal = failFast ? AbortSignal.any([stop, failed.signal]) : stop;
  const jobFails = (): boolean => ![stop, drain].some(({ aborted, reason }) => aborted && mayGoOn(reason));
  const result = await runDag<RunNode, Settled>(dag.value, (node) => runNode(run, { node, signal, fanOuts, skipped }), {
    drain,
    signal,
    queue: run.admission,
    onFailure(node, isAccepted) {
      if (failsJob(node, isAccepted)) goesOn.set(node.id, isAccepted());
      return policyOf(node);
    },
    conclude(node, isComplete) {
      if (node.type !== 'join') return undefined;
      return isComplete ? fanOuts.join(node.step, skipped.get(node.id)) : fanOuts.joinSome(node.step, failures);
    },
    onSettle(node, outcome) {
      if (outcome.status === 'succeeded') run.results.set(node.id, outcome.value);
      if (outcome.status === 'failed') {
        const error = OrchError.from(outcome.error);
        noteEnd(run, node, { status: 'failed', error });
        if (goesOn.has(node.id)) failures.set(node.id, error);
        if (goesOn.get(node.id) === false) failed.abort(anotherFailed());
      }
      if (outcome.status === 'skipped') {
        const reason = skipReason(skipped, node, outcome.reason);
        noteEnd(run, node, { status: 'skipped' });
        logSkip(run, node, { reason, jobFails: jobFails() });
      }
    },
    clock: run.clock,
  });
  fanOuts.settle({ waits: result.status === 'waiting' });
  const isContinued = result.status === 'failed' && failures.size === 0;
  return { status: isContinued ? 'succeeded' : result.status, error: failures.values().next().value };
}

function anotherFailed(): OrchError {
  return new OrchError('canceled', 'Another step failed, and --fail-fast was asked for.');
}

/** What those see who accept that. A step that fans out tells itself how it failed. */
function noteEnd({ results }: RunContext, node: RunNode, lapsed: Lapsed): void {
  if (node.type !== 'expand' && results.get(node.id) === undefined) results.set(node.id, lapsed);
}

/** A step that fans out is skipped for the reason that its items were not even looked for. */
function skipReason(skipped: Map<string, SkipReason>, node: RunNode, reason: SkipReason): SkipReason {
  if (node.type === 'expand') skipped.set(node.step.id, reason);
  return node.type === 'join' ? (skipped.get(node.step.id) ?? reason) : reason;
}

type NodeRun = {
  readonly node: RunNode;
  readonly signal: AbortSignal;
  readonly fanOuts: FanOuts;
  /** Why the items of a step were not looked for. */
  readonly skipped: ReadonlyMap<string, SkipReason>;
};

function runNode(
  run: RunContext,
  { node, signal, fanOuts, skipped }: NodeRun,
): NodeOutcome<Settled, RunNode> | Promise<NodeOutcome<Settled, RunNode>> {
  switch (node.type) {
    case 'step':
      return runAttempt(run, { step: node.step, signal });
    case 'item':
      return runAttempt(run, {
        ...{ step: node.step, item: itemOf(run.results, node), signal },
        onStart: () => fanOuts.begin(node.step),
        retries: fanOuts.retries(node.step),
      });
    case 'expand':
      return fanOuts.expand(node);
    case 'join':
      return fanOuts.join(node.step, skipped.get(node.id));
  }
}

/** Whether a run that was stopped for this has not failed: what it has not started stays pending. */
function mayGoOn(reason: unknown): boolean {
  const { code } = OrchError.from(reason, 'canceled');
  return code === 'interrupted' || code === 'canceled';
}

type Skip = { readonly reason: SkipReason; readonly jobFails: boolean };

/** A fan-out that began is canceled, at the end where the run kept it from more; what a person kept from starting stays pending. */
function logSkip(run: RunContext, node: RunNode, { reason, jobFails }: Skip): void {
  if (node.type === 'expand') return;
  const step = run.journal.state.steps.get(node.step.id);
  const item = node.type === 'item' ? node.key : undefined;
  const { status } = (item === undefined ? step : step?.items.get(item)) ?? {};
  if (status === 'canceled') return;
  if (status === 'retrying') {
    const why = jobFails ? (toldReasons[reason] ?? 'job_failed') : reason;
    return run.journal.push('step.canceled', { reason: why }, { step: node.step.id, item });
  }
  if (reason === 'canceled' && !jobFails) return;
  const told = toldReasons[reason];
  const skip = { reason: told ?? 'job_failed' } as const;
  if (node.type !== 'join' || status !== 'running')
    return run.journal.push('step.skipped', skip, { step: node.step.id, item });
  if (told !== undefined) run.journal.push('step.canceled', skip, { step: node.step.id });
}

/** In the words of the log. What asks for the failure of a need that succeeded has a condition that does not hold. */
const toldReasons: Readonly<Record<string, 'condition' | 'dependency_failed' | 'dependency_skipped'>> = {
  condition: 'condition',
  dependency_succeeded: 'condition',
  dependency_failed: 'dependency_failed',
  dependency_skipped: 'dependency_skipped',
};
