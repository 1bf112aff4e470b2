import type { Control } from './control.ts';
import type { Draw } from './draw.ts';
import type { Job } from './job.ts';
import { killPoints, recoveryPoints } from './kill-points.ts';
import type { KillPoint } from './kill-points.ts';
import type { AnswersBy } from './person.ts';
import type { Round } from './round.ts';
import type { Kill } from './strike.ts';

/** A job with what it comes to when nobody disturbs it. */
export type Rehearsed = { readonly job: Job; readonly control: Control };

/** A round whose first kill is at this point; or its second, where only a process that recovers gets there. */
export function planRound(point: KillPoint, rehearsed: readonly Rehearsed[], draw: Draw): Round & Rehearsed {
  const isSecond = isRecovery(point);
  const fitting = rehearsed.filter(({ control }) => isSecond || timesMet(point, control) > 0);
  const { job, control } = draw.oneOf(fitting);
  const answers = draw.oneOf<AnswersBy>(['inbox', 'approve']);
  const met = isSecond ? whatLeaves(point, control, draw) : killIn(point, control, draw);
  // Who leaves an answer leaves one.
  const first = answers === 'approve' && 'nth' in met && met.point.startsWith('answer-') ? { ...met, nth: 1 } : met;
  const kills = isSecond || draw.number() < 0.6 ? [first, secondKill(point, control, draw)] : [first];
  const encore = draw.oneOf<Round['encore']>(['resume', 'run', 'verify', undefined]);
  return { job, control, kills, resume: draw.oneOf(['id', 'newest']), answers, encore };
}

/** Two processes that go on at once, with a run whose answers are all still to come. */
export function planDuel(rehearsed: readonly Rehearsed[], draw: Draw): Round & Rehearsed {
  const kill: Kill = { point: draw.oneOf(['before-start', 'after-start']), nth: 1 };
  const fitting = rehearsed.filter(({ control }) => control.calls > 0 && timesMet(kill.point, control) > 0);
  return { ...draw.oneOf(fitting), kills: [kill], resume: draw.oneOf(['id', 'newest']), duel: true };
}

function isRecovery(point: KillPoint): point is (typeof recoveryPoints)[number] {
  return (recoveryPoints as readonly KillPoint[]).includes(point);
}

function timesMet(point: KillPoint, { met, calls }: Control): number {
  if (point === 'in-flight') return calls;
  return point === 'random' ? 1 : (met[point] ?? 0);
}

function killIn(point: KillPoint, control: Control, draw: Draw): Kill {
  if (point === 'random') return { point, afterMs: control.durationMs * (0.2 + draw.number()) };
  if (point === 'in-flight') {
    return { point, nth: draw.upTo(control.calls), phase: draw.oneOf(['asked', 'half', 'whole']) };
  }
  const linger = point === 'command-runs' || point === 'command-not-logged';
  // How often a point is met hangs on how events happen to share a write: the last times may not come.
  return { point, linger, nth: linger ? 1 : draw.upTo(Math.ceil(timesMet(point, control) * 0.7)) };
}

/** What a process must leave for the next one to get to this point of recovery. */
function whatLeaves(point: (typeof recoveryPoints)[number], control: Control, draw: Draw): Kill {
  return killIn(point === 'losses-half-told' ? 'success-not-logged' : 'mid-line', control, draw);
}

/**
 * In the process that goes on. There is less for it to do. There is no third: a step that is lost with its process so
 * often counts as what ends it, and fails.
 */
function secondKill(point: KillPoint, control: Control, draw: Draw): Kill {
  if (isRecovery(point)) return { point, nth: 1 };
  const possible = killPoints.filter((name) => !isRecovery(name) && timesMet(name, control) > 0);
  const second = draw.oneOf(possible);
  if (second === 'random') return killIn(second, control, draw);
  if (second === 'in-flight') return { point: second, nth: 1, phase: 'half' };
  return { point: second, nth: draw.upTo(2) };
}
