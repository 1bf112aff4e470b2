import type { Figure, Target } from './row.ts';
import type { CaseResult } from './run-row.ts';

/** One line of the table. Numbers are costs in `unit`. */
export type Line = {
  readonly row: string;
  readonly case: string;
  readonly unit: string;
  readonly orch: number | undefined;
  readonly peers: Readonly<Record<string, number>>;
  readonly limit: number | undefined;
  /** orch to the limit. */
  readonly ratio: number | undefined;
  readonly targets: readonly Judged[];
};

/** A target with what was reached: a ratio, or the value itself where there is no `of`. */
export type Judged = Target & { readonly reached: number | undefined; readonly met: boolean | undefined };

/** Holds what was found against the targets. */
export function judge(row: string, result: CaseResult): Line[] {
  return result.case.figures.map((figure) => toLine(row, result, figure));
}

function toLine(row: string, result: CaseResult, { name, unit, targets }: Figure): Line {
  const value = (contender: string) => result.found.get(contender)?.[name];
  const orch = value('orch');
  const limit = value('limit');
  const peers: Record<string, number> = {};
  for (const contender of Object.keys(result.case.contenders)) {
    const cost = value(contender);
    if (contender !== 'orch' && contender !== 'limit' && cost !== undefined) peers[contender] = cost;
  }
  const judged = targets.map((target) => judgeTarget(target, orch, target.of === undefined ? 1 : value(target.of)));
  return { row, case: result.case.name, unit, orch, peers, limit, ratio: divide(orch, limit), targets: judged };
}

function judgeTarget(target: Target, orch: number | undefined, other: number | undefined): Judged {
  const reached = divide(orch, other);
  return { ...target, reached, met: reached === undefined ? undefined : reached <= target.atMost };
}

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a / b;
}
