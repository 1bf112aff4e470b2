import { OrchError } from '@orch/contracts';
import type { PlanStep } from '@orch/contracts';
import { buildDag, runDag } from '@orch/dag';
import type { DagResult, Outcome as NodeOutcome, SkipReason } from '@orch/dag';
import { createAdmission } from './admission.ts';
import { runAttempt } from './attempt.ts';
import { createFanOuts } from './fan-out.ts';
import type { FanOuts } from './fan-out.ts';
import { planNodes } from './graph.ts';
import { itemOf } from './item-of.ts';
import type { RunNode } from './graph.ts';
import type { Settled } from './results.ts';
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
  const failures = new Map<string, OrchError>();
  const failed = new AbortController();
  const signal = failFast ? AbortSignal.any([stop, failed.signal]) : stop;
  const jobFails = (): boolean => ![stop, drain].some(({ aborted, reason }) => aborted && mayGoOn(reason));
  const result = await runDag<RunNode, Settled>(dag.value, (node) => runNode(run, { node, signal, fanOuts }), {
    drain,
    signal,
    queue: createAdmission(run.job.plan.concurrency),
    onFailure: 'abort',
    onSettle(node, outcome) {
      if (outcome.status === 'succeeded') run.results.set(node.id, outcome.value);
      if (outcome.status === 'failed') {
        failures.set(node.id, OrchError.from(outcome.error));
        failed.abort(new OrchError('canceled', 'Another step failed, and --fail-fast was asked for.'));
      }
      if (outcome.status === 'skipped') logSkip(run, node, { reason: outcome.reason, jobFails: jobFails() });
    },
    clock: run.clock,
  });
  fanOuts.settle(failures);
  return { status: result.status, error: failures.values().next().value };
}

type NodeRun = {
  readonly node: RunNode;
  readonly signal: AbortSignal;
  readonly fanOuts: FanOuts;
};

function runNode(
  run: RunContext,
  { node, signal, fanOuts }: NodeRun,
): NodeOutcome<Settled, RunNode> | Promise<NodeOutcome<Settled, RunNode>> {
  switch (node.type) {
    case 'step':
      return runAttempt(run, { step: node.step, signal });
    case 'item':
      return runAttempt(run, {
        ...{ step: node.step, item: itemOf(run.results, node), signal },
        onStart: () => fanOuts.begin(node.step),
      });
    case 'expand':
      return fanOuts.expand(node.step);
    case 'join':
      return fanOuts.join(node.step);
  }
}

/** Whether a run that was stopped for this has not failed: what it has not started stays pending. */
function mayGoOn(reason: unknown): boolean {
  const { code } = OrchError.from(reason, 'canceled');
  return code === 'interrupted' || code === 'canceled';
}

type Skip = { readonly reason: SkipReason; readonly jobFails: boolean };

/** A fan-out that began ends with its own event, and what a person kept from starting stays pending. */
function logSkip(run: RunContext, node: RunNode, { reason, jobFails }: Skip): void {
  if (node.type === 'expand') return;
  const step = run.journal.state.steps.get(node.step.id);
  const item = node.type === 'item' ? node.key : undefined;
  const { status } = (item === undefined ? step : step?.items.get(item)) ?? {};
  if (status === 'canceled') return;
  if (status === 'retrying') return run.journal.push('step.canceled', { reason }, { step: node.step.id, item });
  if (reason === 'canceled' && !jobFails) return;
  if (node.type === 'join' && (status === 'running' || status === 'failed')) return;
  const known = isNeedReason(reason) ? reason : 'job_failed';
  run.journal.push('step.skipped', { reason: known }, { step: node.step.id, item });
}

function isNeedReason(reason: SkipReason): reason is 'dependency_failed' | 'dependency_skipped' {
  return reason === 'dependency_failed' || reason === 'dependency_skipped';
}
