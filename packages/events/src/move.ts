import type { RunState, StepState } from '@orch/contracts';
import { lives, next } from '@orch/lifecycle';
import type { RunView, UnitView } from './run-view.ts';

/** Why an event cannot follow what came before; undefined when it can. */
export type Objection = string | undefined;

/** Brings a run to a state. */
export function moveRun(run: RunView, to: RunState): Objection {
  const moved = next(lives.run, run.status, to, { id: run.jobId });
  if (!moved.ok) return moved.error.message;
  run.status = to;
  return undefined;
}

export type UnitMove = {
  readonly to: StepState;
  readonly step: string;
  readonly item: string | undefined;
  /** It failed before it could start. */
  readonly unstarted?: boolean;
};

/** Why a step or item cannot go to a state. A carried one sets out from `pending`. */
export function objectionTo(
  unit: Pick<UnitView, 'status' | 'carried'>,
  { to, step, item, unstarted = false }: UnitMove,
): Objection {
  const life = item === undefined ? lives.step : lives.item;
  let at = unit.carried ? 'pending' : unit.status;
  for (const state of [...unnamed(at, to, unstarted), to]) {
    const moved = next(life, at, state, { id: item ?? step });
    if (!moved.ok) return moved.error.message;
    at = state;
  }
  return undefined;
}

/** States on the way that no event names: what starts was ready, and a question may come before the start. */
function unnamed(from: StepState, to: StepState, unstarted: boolean): readonly StepState[] {
  if (from !== 'pending' && from !== 'retrying') return [];
  if (to === 'running' || to === 'canceled') return ['ready'];
  return to === 'waiting' || (to === 'failed' && unstarted) ? ['ready', 'running'] : [];
}
