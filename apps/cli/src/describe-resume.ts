import type { PlannedUnit, ResumePlan } from '@orch/sdk';
import type { Terminal } from './terminal.ts';
import { plural, table } from './words.ts';

/** What a resume would do, for a person: in sum, then step by step. */
export function describeResume({ units, saved }: ResumePlan, terminal: Terminal): string[] {
  const steps = units.filter(({ item }) => item === undefined);
  const items = Map.groupBy(
    units.filter(({ item }) => item !== undefined),
    ({ step }) => step,
  );
  const rows = steps.map((step) => [says(step, terminal), step.step, notes(step, items.get(step.step))]);
  return [...table(rows), '', ...sums(steps, saved)];
}

const words = { reuse: 'reused', run: 'will run', run_if_changed: 'may run' } as const;

function says({ will }: PlannedUnit, { paint }: Terminal): string {
  const style = { reuse: 'green', run: 'bold', run_if_changed: 'yellow' } as const;
  return paint(style[will], words[will]);
}

function notes(step: PlannedUnit, items: readonly PlannedUnit[] = []): string {
  const reason = step.will === 'run_if_changed' ? [`only if the output of ${step.on.join(', ')} changes`] : [];
  const count = (will: PlannedUnit['will']) => items.filter((item) => item.will === will).length;
  const counts = (['reuse', 'run', 'run_if_changed'] as const).filter((will) => count(will) > 0);
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
  ];
}
