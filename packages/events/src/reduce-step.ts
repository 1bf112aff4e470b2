import type { EventData, OrchEvent } from '@orch/contracts';
import type { BareEvent } from './log-event.ts';
import { objectionTo } from './move.ts';
import type { Objection, UnitMove } from './move.ts';
import { emptyUnit, findUnit, stepOf, unitOf } from './run-view.ts';
import type { RunView, UnitView } from './run-view.ts';

type StepEvent = OrchEvent<
  | 'step.expanded'
  | 'step.started'
  | 'step.succeeded'
  | 'step.failed'
  | 'step.skipped'
  | 'step.waiting'
  | 'step.canceled'
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
    if (!unit.asked) unit.turns += 1;
    unit.asked = false;
    unit.inputHash = data.input_hash;
    unit.startedAt = ts;
    unit.endedAt = unit.durationS = unit.failure = undefined;
  });
}

type Succeeded = OrchEvent<'step.succeeded'> & Pick<BareEvent, 'success'>;

export function succeedStep(run: RunView, event: Succeeded): Objection {
  const { seq, ts, data, success = { seq, data } } = event;
  return change(run, event, { to: 'succeeded' }, (unit) => {
    unit.endedAt = ts;
    unit.durationS = data.duration_s;
    unit.inputHash = data.input_hash;
    unit.success = success;
    unit.tries = unit.lost = 0;
  });
}

/** An attempt failed, or could not begin; or what an earlier one failed with stands: then the event tells it again. */
export function failStep(run: RunView, event: OrchEvent<'step.failed'>): Objection {
  const { ts, step, item, data } = event;
  const { kind, code, message, hint, attempt, will_retry: willRetry = false } = data;
  const to = willRetry ? 'retrying' : 'failed';
  const last = step === undefined ? undefined : findUnit(run, step, item)?.failure;
  const again = last?.data.attempt === attempt;
  return change(run, event, { to, unstarted: attempt === 0 || again }, (unit) => {
    unit.lost = 0;
    unit.tries = willRetry ? unit.tries + 1 : 0;
    if (willRetry) return;
    unit.endedAt = ts;
    if (again) unit.inputHash = last.inputHash;
    else if (attempt > 0 && unit.inputHash !== undefined) unit.failure = { inputHash: unit.inputHash, data };
    run.failures.push({ kind, code, message, ...(hint !== undefined && { hint }), step, item, at: ts });
  });
}

export function skipStep(run: RunView, event: OrchEvent<'step.skipped'>): Objection {
  if (event.data.reason === 'resume') return reuseSteps(run, event.data.reused);
  return change(run, event, { to: 'skipped' }, (unit) => {
    unit.startedAt = unit.durationS = undefined;
    unit.endedAt = event.ts;
  });
}

export function waitStep(run: RunView, event: OrchEvent<'step.waiting'>): Objection {
  const { step, item, data } = event;
  const wasRunning = step !== undefined && findUnit(run, step, item)?.status === 'running';
  return change(run, event, { to: 'waiting' }, (unit) => {
    unit.inputHash = data.input_hash;
    unit.asked ||= wasRunning;
  });
}

/** Ended by whoever found the run without its process, an attempt was lost: it was not decided. */
export function cancelStep(run: RunView, event: OrchEvent<'step.canceled'>): Objection {
  return change(run, event, { to: 'canceled' }, (unit) => {
    unit.endedAt = event.ts;
    if (event.data.reason === 'process_lost') unit.lost += 1;
    else unit.tries = unit.lost = 0;
  });
}

type Reused = Extract<EventData['step.skipped'], { readonly reason: 'resume' }>['reused'];

/** Each stays succeeded with what it made in an earlier attempt; when one cannot, none does. */
function reuseSteps(run: RunView, reused: Reused): Objection {
  if (!isUnderWay(run)) return notUnderWay(run);
  for (const entry of reused) {
    const objection = reuseObjection(run, entry);
    if (objection !== undefined) return objection;
  }
  for (const { step, item, input_hash: inputHash } of reused) {
    const unit = unitOf(run, step, item);
    Object.assign(unit, { status: 'succeeded', carried: false, inputHash, durationS: unit.success?.data.duration_s });
    unit.tries = unit.lost = 0;
    unit.failure = undefined;
  }
  return undefined;
}

function reuseObjection(run: RunView, { step, item, input_hash: inputHash, from_seq: seq }: Reused[number]): Objection {
  const unit = findUnit(run, step, item);
  const name = item === undefined ? step : `${step} ${item}`;
  if (unit?.success?.seq !== seq || unit.success.data.input_hash !== inputHash) {
    return `expected ${name} to have succeeded with these inputs at seq ${seq}`;
  }
  return unit.status === 'pending' || unit.carried ? undefined : `expected ${name} to be pending, it is ${unit.status}`;
}

const noStep = 'expected the event to name a step';

const unmet: Readonly<UnitView> = emptyUnit();

type Change = (unit: UnitView) => void;

function change(run: RunView, event: StepEvent, move: Pick<UnitMove, 'to' | 'unstarted'>, then: Change): Objection {
  const { step, item } = event;
  if (step === undefined) return noStep;
  if (!isUnderWay(run)) return notUnderWay(run);
  const known = findUnit(run, step, item);
  const objection = objectionTo(known ?? unmet, { ...move, step, item });
  if (objection !== undefined) return objection;
  const unit = known ?? unitOf(run, step, item);
  unit.status = move.to;
  unit.carried = false;
  then(unit);
  return undefined;
}

function isUnderWay({ status }: RunView): boolean {
  return status === 'running' || status === 'waiting';
}

function notUnderWay({ status }: RunView): string {
  return `expected a run under way, it is ${status}`;
}
