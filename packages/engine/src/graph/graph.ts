import type { Accepted, Json, PlanStep } from '@orch/contracts';
import type { NodeSpec } from '@orch/dag';

type Node = {
  readonly id: string;
  readonly needs: readonly string[];
  /** How a need may have ended, where it need not have succeeded. */
  readonly accepts?: Accepts | undefined;
  readonly step: PlanStep;
};

/**
 * The nodes of a run. A step that fans out is three kinds of node: `expand` finds its items, an `item` each does one,
 * and the node with the step's own id joins them, so that dependents need not know that it fanned out.
 */
export type RunNode =
  | (Node & { readonly type: 'step' })
  | (Node & Part & { readonly type: 'expand' })
  | (Node & { readonly type: 'join' })
  | ItemNode;

export type ItemNode = Node & Part & { readonly type: 'item'; readonly key: string; readonly item: Json };

/** Of its step, which waits for all of them, also when some fail, and decides then what that means. */
type Part = { readonly partOf: string };

type Accepts = { readonly [need: string]: readonly Accepted[] };

const found: readonly Accepted[] = ['succeeded', 'failed'];

const expandId = (step: string): string => `${step}[*]`;
const itemId = (step: string, key: string): string => `${step}[=${key}]`;

/** The id of the node that does a step, or an item of it. */
export function nodeAt({ step, item }: { readonly step: string; readonly item?: string | undefined }): string {
  return item === undefined ? step : itemId(step, item);
}

/** The nodes that are known before anything runs. */
export function planNodes(steps: readonly PlanStep[]): RunNode[] {
  return steps.flatMap((step): RunNode[] => {
    const { id, needs, accept: accepts } = step;
    if (step.each === undefined) return [{ type: 'step', id, needs, accepts, step }];
    const expand = expandId(id);
    return [
      { type: 'expand', id: expand, ...expandNeeds(step), step, partOf: id },
      { type: 'join', id, ...joinNeeds(step), step },
    ];
  });
}

/** The nodes of the items that a step was found to have; its join waits for each. */
export function itemNodes(
  step: PlanStep,
  items: readonly { readonly key: string; readonly item: Json }[],
): (NodeSpec<ItemNode> & { readonly node: ItemNode })[] {
  const from = itemwiseNeed(step);
  const ends = from === undefined ? undefined : step.accept?.[from];
  const neededBy = [step.id];
  return items.map(({ key, item }) => {
    const need = from === undefined ? undefined : itemId(from, key);
    const needs = need === undefined ? [] : [need];
    const accepts = need === undefined || ends === undefined ? undefined : { [need]: ends };
    return {
      node: { type: 'item', id: itemId(step.id, key), needs, accepts, step, partOf: step.id, key, item },
      neededBy,
    };
  });
}

/** The step whose items this one takes one by one, without waiting for all of them. */
export function itemwiseNeed(step: PlanStep): string | undefined {
  return step.each !== undefined && 'from' in step.each ? step.each.from : undefined;
}

function expandNeeds(step: PlanStep): Pick<Node, 'needs' | 'accepts'> {
  const from = itemwiseNeed(step);
  const node = (need: string): string => (need === from ? expandId(need) : need);
  const accepts =
    step.accept && Object.fromEntries(Object.entries(step.accept).map(([need, ends]) => [node(need), ends]));
  return { needs: step.needs.map(node), accepts };
}

/** Also the step whose items it follows: what that comes to as a whole is known then, and counts. */
function joinNeeds(step: PlanStep): Pick<Node, 'needs' | 'accepts'> {
  const from = itemwiseNeed(step);
  const expand = expandId(step.id);
  const ends = from === undefined ? undefined : step.accept?.[from];
  const followed = from === undefined || ends === undefined ? undefined : { [from]: ends };
  return { needs: from === undefined ? [expand] : [expand, from], accepts: { [expand]: found, ...followed } };
}
