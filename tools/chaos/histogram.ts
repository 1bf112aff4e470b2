import { killPoints } from './kill-points.ts';
import type { KillPoint } from './kill-points.ts';
import type { Hit } from './round.ts';

/** How often each point was hit by a first run, by one that went on, and by one that left an answer. */
export function toHistogram(hits: readonly Hit[]): string {
  const width = Math.max(...killPoints.map((point) => point.length));
  const rows = killPoints.map((point) => {
    const counts = (['run', 'resume', 'approve'] as const).map((by) => countOf(hits, point, by));
    const total = countOf(hits, point);
    return `${point.padEnd(width)} ${counts.map(cell).join(' ')} ${cell(total)}  ${'#'.repeat(total)}`;
  });
  const heading = `${'killed'.padEnd(width)} ${['run', 'resume', 'approve', 'total'].map((name) => name.padStart(7)).join(' ')}`;
  return [heading, ...rows, `${'all'.padEnd(width)} ${cell(hits.length)}`].join('\n');
}

/** The points that were hit fewer than `least` times. */
export function missedPoints(
  hits: readonly Hit[],
  least: number,
  points: readonly KillPoint[] = killPoints,
): KillPoint[] {
  return points.filter((point) => countOf(hits, point) < least);
}

function countOf(hits: readonly Hit[], point: KillPoint, by?: Hit['by']): number {
  return hits.filter((hit) => hit.point === point && (by === undefined || hit.by === by)).length;
}

function cell(count: number): string {
  return String(count).padStart(7);
}
