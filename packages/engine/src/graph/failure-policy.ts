import type { Accepted, StepState } from '@orch/contracts';
import type { FailurePolicy } from '@orch/dag';
import type { RunNode } from './graph.ts';

/** What the failure of a node means for the others. A fan-out that failed as a whole is not continued. */
export function policyOf(node: RunNode): FailurePolicy {
  const { on_failure: policy = 'abort' } = node.step;
  if (node.type === 'step') return policy;
  if (node.type === 'join') return policy === 'continue' ? 'abort' : policy;
  return policy === 'abort' ? 'abort' : 'skip_dependents';
}

/**
 * Whether the job fails for it: not for what it goes on without, nor for what fails within a fan-out that decides at its
 * end. `isAccepted`: something goes on with the failure.
 */
export function failsJob(node: RunNode, isAccepted: () => boolean): boolean {
  const { on_failure: policy = 'abort' } = node.step;
  if (node.type === 'step') return policy !== 'continue';
  return node.type === 'join' || (policy === 'abort' && !isAccepted());
}

type NeedEnd = { readonly status: StepState; readonly isContinued: boolean };

/** Whether a need that ended like this lets a step start that accepts of it what `accepted` says. */
export function letsPass({ status, isContinued }: NeedEnd, accepted: readonly Accepted[] = ['succeeded']): boolean {
  const ends = isContinued ? ['succeeded', 'failed'] : [status];
  return accepted.some((end) => ends.includes(end));
}
