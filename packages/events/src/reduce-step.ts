import type { OrchEvent } from '@orch/contracts';
import { moveUnit } from './move.ts';
import type { Objection, UnitMove } from './move.ts';
import { itemOf, stepOf } from './run-view.ts';
import type { RunView, UnitView } from './run-view.ts';

type StepEvent = OrchEvent<
  'step.expanded' | 'step.started' | 'step.succeeded' | 'step.failed' | 'step.skipped' | 'step.canceled'
>;

export function expandStep(run: RunView, { step, data }: OrchEvent<'step.expanded'>): Objection {
  if (step === undefined) return noStep;
  stepOf(run, step).expanded = data.count;
  return undefined;
}

export function startStep(run: RunView, event: OrchEvent<'step.started'>): Objection {
  const { ts, data } = event;
  return change(run, event, { to: 'running' }, (unit) => {
    unit.attempts = data.attempt;
    unit.inputHash = data.input_hash;
    unit.startedAt = ts;
    unit.endedAt = unit.durationS = unit.output = unit.files = undefined;
  });
}

export function succeedStep(run: RunView, event: OrchEvent<'step.succeeded'>): Objection {
  const { ts, data } = event;
  return change(run, event, { to: 'succeeded' }, (unit) => {
    unit.endedAt = ts;
    unit.durationS = data.duration_s;
    unit.inputHash = data.input_hash;
    unit.output = data.output;
    unit.files = data.files;
  });
}

export function failStep(run: RunView, event: OrchEvent<'step.failed'>): Objection {
  const { ts, step, item, data } = event;
  const { kind, code, message, hint, attempt, will_retry: willRetry = false } = data;
  const to = willRetry ? 'retrying' : 'failed';
  return change(run, event, { to, unstarted: attempt === 0 }, (unit) => {
    if (willRetry) return;
    unit.endedAt = ts;
    run.failures.push({ kind, code, message, ...(hint !== undefined && { hint }), step, item, at: ts });
  });
}

export function skipStep(run: RunView, event: OrchEvent<'step.skipped'>): Objection {
  return change(run, event, { to: 'skipped' }, (unit) => (unit.endedAt = event.ts));
}

export function cancelStep(run: RunView, event: OrchEvent<'step.canceled'>): Objection {
  return change(run, event, { to: 'canceled' }, (unit) => (unit.endedAt = event.ts));
}

const noStep = 'expected the event to name a step';

type Change = (unit: UnitView) => void;

function change(run: RunView, event: StepEvent, move: Pick<UnitMove, 'to' | 'unstarted'>, then: Change): Objection {
  const { step, item } = event;
  if (step === undefined) return noStep;
  if (run.status !== 'running' && run.status !== 'waiting') return `expected a run under way, it is ${run.status}`;
  const unit = item === undefined ? stepOf(run, step) : itemOf(stepOf(run, step), item);
  const objection = moveUnit(unit, { ...move, step, item });
  if (objection === undefined) then(unit);
  return objection;
}
