import type { Accepted, PlanStep, StepState } from '@orch/contracts';
import type { FailurePolicy } from '@orch/dag';
import type { RunNode } from './graph.ts';

/** The steps of which others say how they may end. */
export function watchedSteps(steps: readonly PlanStep[]): ReadonlySet<string> {
  return new Set(steps.flatMap(({ accept }) => (accept === undefined ? [] : Object.keys(accept))));
}

/** What the failure of a node means for the others. A fan-out that too many items of failed is not continued. */
export function policyOf(node: RunNode): FailurePolicy {
  const { on_failure: policy = 'abort' } = node.step;
  if (node.type === 'step') return policy;
  if (node.type === 'join') return policy === 'continue' ? 'abort' : policy;
  return node.gathers ? 'skip_dependents' : 'abort';
}

/** Whether the job fails for it, also where it goes on: what fails within a fan-out that decides at its end does not. */
export function failsJob(node: RunNode): boolean {
  if (node.type === 'step') return node.step.on_failure !== 'continue';
  return node.type === 'join' || !node.gathers;
}

/** Whether a need that ended like this lets a step start that accepts of it what `accepted` says. */
export function letsPass(
  { status, isContinued }: { readonly status: StepState; readonly isContinued: boolean },
  accepted: readonly Accepted[] = ['succeeded'],
): boolean {
  const ends = isContinued ? ['succeeded', 'failed'] : [status];
  return accepted.some((end) => ends.includes(end));
}
