/** The states of a run, of a step or item, and of one attempt of a step. What may follow what stands in `@orch/lifecycle`. */
export const runStates = [
  'pending',
  'scheduled',
  'running',
  'waiting',
  'paused',
  'succeeded',
  'failed',
  'quarantined',
  'canceled',
] as const;
export type RunState = (typeof runStates)[number];

export const stepStates = [
  'pending',
  'ready',
  'blocked',
  'running',
  'waiting',
  'retrying',
  'succeeded',
  'failed',
  'skipped',
  'canceled',
] as const;
export type StepState = (typeof stepStates)[number];

export const attemptStates = ['running', 'succeeded', 'failed', 'canceled'] as const;
export type AttemptState = (typeof attemptStates)[number];
