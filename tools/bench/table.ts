import type { Judged, Line } from './judge.ts';

const heads = ['row', 'orch', 'limit', 'ratio', 'target', '', 'peers'];

/** The lines as one table for a terminal. */
export function toTable(lines: readonly Line[]): string {
  const cells = [heads, ...lines.map(toCells)];
  const widths = heads.map((_, column) => Math.max(...cells.map((row) => row[column]!.length)));
  const draw = (row: readonly string[]) => row.map((cell, column) => pad(cell, column, widths[column]!)).join('  ');
  const rule = widths.slice(0, -1).map((width) => '─'.repeat(width));
  return [draw(heads), draw([...rule, '─────']), ...cells.slice(1).map(draw)].map((row) => row.trimEnd()).join('\n');
}

function toCells({ row, case: name, unit, orch, limit, ratio, targets, peers }: Line): string[] {
  return [
    `${row}: ${name} (${unit})`,
    number(orch),
    number(limit),
    number(ratio),
    targets.map(targetText).join(', '),
    targets.map(verdict).join(', '),
    Object.entries(peers)
      .map(([peer, cost]) => `${peer} ${number(cost)}`)
      .join(' · '),
  ];
}

function targetText({ atMost, of }: Judged): string {
  return of === undefined ? `≤ ${number(atMost)}` : `≤ ${number(atMost)} × ${of}`;
}

function verdict({ met, reached, of }: Judged): string {
  if (met === undefined) return 'not measured';
  if (met) return 'met';
  return of === undefined || of === 'limit' ? 'MISSED' : `MISSED (${number(reached)} × ${of})`;
}

/** Three digits that count. */
function number(value: number | undefined): string {
  if (value === undefined) return '–';
  if (value >= 100) return String(Math.round(value));
  return String(Number(value.toPrecision(value < 1 ? 2 : 3)));
}

function pad(text: string, column: number, width: number): string {
  return column >= 1 && column <= 3 ? text.padStart(width) : text.padEnd(width);
}
