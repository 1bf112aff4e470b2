import type { Json, PlanStep } from '@orch/contracts';

/**
 * The nodes of a run. A step that fans out is three kinds of node: `expand` finds its items, an `item` each does one,
 * and the node with the step's own id joins them, so that dependents need not know that it fanned out.
 */
export type RunNode =
  | { readonly type: 'step'; readonly id: string; readonly needs: readonly string[]; readonly step: PlanStep }
  | { readonly type: 'expand'; readonly id: string; readonly needs: readonly string[]; readonly step: PlanStep }
  | { readonly type: 'join'; readonly id: string; readonly needs: readonly string[]; readonly step: PlanStep }
  | ItemNode;

export type ItemNode = {
  readonly type: 'item';
  readonly id: string;
  readonly needs: readonly string[];
  readonly step: PlanStep;
  readonly key: string;
  readonly item: Json;
};

const expandId = (step: string): string => `${step}[*]`;
const itemId = (step: string, key: string): string => `${step}[=${key}]`;

/** The nodes that are known before anything runs. */
export function planNodes(steps: readonly PlanStep[]): RunNode[] {
  return steps.flatMap((step): RunNode[] => {
    if (step.each === undefined) return [{ type: 'step', id: step.id, needs: step.needs, step }];
    const expand = expandId(step.id);
    return [
      { type: 'expand', id: expand, needs: expandNeeds(step), step },
      { type: 'join', id: step.id, needs: [expand], step },
    ];
  });
}

/** The nodes of the items that `step` was found to have; each blocks the step's join. */
export function itemNodes(
  step: PlanStep,
  items: readonly { readonly key: string; readonly item: Json }[],
): { readonly node: ItemNode; readonly neededBy: readonly string[] }[] {
  const from = itemwiseNeed(step);
  return items.map(({ key, item }) => {
    const needs = from === undefined ? [] : [itemId(from, key)];
    return { node: { type: 'item', id: itemId(step.id, key), needs, step, key, item }, neededBy: [step.id] };
  });
}

/** The step whose items this one takes one by one, without waiting for all of them. */
export function itemwiseNeed(step: PlanStep): string | undefined {
  return step.each !== undefined && 'from' in step.each ? step.each.from : undefined;
}

function expandNeeds(step: PlanStep): string[] {
  const from = itemwiseNeed(step);
  return step.needs.map((need) => (need === from ? expandId(need) : need));
}
