import type { PlannedUnit, ResumePlan } from '@orch/sdk';
import type { Terminal } from '../terminal/terminal.ts';
import { fewOf, plural, table } from '../terminal/words.ts';

/** How many steps are listed. */
const most = 40;

/** What a resume would do, for a person: in sum, then step by step. */
export function describeResume({ units, saved }: ResumePlan, terminal: Terminal): string[] {
  const steps = units.filter(({ item }) => item === undefined);
  const items = Map.groupBy(
    units.filter(({ item }) => item !== undefined),
    ({ step }) => step,
  );
  const foremost = steps.length > most ? steps.toSorted((a, b) => rank(a) - rank(b)) : steps;
  const rows = foremost.map((step) => [says(step, terminal), step.step, notes(step, items.get(step.step))]);
  return [...fewOf(table(rows), most), '', ...sums(steps, saved)];
}

/** Of many, those that run stand first. */
function rank({ will }: PlannedUnit): number {
  return order.indexOf(will);
}

const order = ['run', 'run_if_changed', 'stay_failed', 'skip', 'reuse'] as const;

const words = {
  reuse: 'reused',
  stay_failed: 'stays failed',
  skip: 'skipped',
  run: 'will run',
  run_if_changed: 'may run',
} as const;

function says({ will }: PlannedUnit, { paint }: Terminal): string {
  const style = { reuse: 'green', stay_failed: 'red', skip: 'dim', run: 'bold', run_if_changed: 'yellow' } as const;
  return paint(style[will], words[will]);
}

function notes(step: PlannedUnit, items: readonly PlannedUnit[] = []): string {
  const reason = step.will === 'run_if_changed' ? [`only if the output of ${step.on.join(', ')} changes`] : [];
  const count = (will: PlannedUnit['will']) => items.filter((item) => item.will === will).length;
  const counts = order.toReversed().filter((will) => count(will) > 0);
  const counted = counts.map((will) => `${plural(count(will), 'item')} ${words[will]}`);
  return [...reason, ...counted].join(', ');
}

function sums(steps: readonly PlannedUnit[], saved: ResumePlan['saved']): string[] {
  const count = (will: PlannedUnit['will']) => steps.filter((step) => step.will === will).length;
  const { calls, tokensIn, tokensOut } = saved;
  const spared = calls === 0 ? '' : `, which saves ${plural(calls, 'call')}, ${tokensIn} tokens in, ${tokensOut} out`;
  return [
    `reused: ${plural(count('reuse'), 'step')}${spared}`,
    `will run: ${plural(count('run'), 'step')}`,
    `will run only if the output of an earlier step changes: ${plural(count('run_if_changed'), 'step')}`,
    ...(count('stay_failed') === 0
      ? []
      : [`stays failed, and --retry-failed tries it again: ${plural(count('stay_failed'), 'step')}`]),
    ...(count('skip') === 0 ? [] : [`skipped, for its condition or what it needs: ${plural(count('skip'), 'step')}`]),
  ];
}
