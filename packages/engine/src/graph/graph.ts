import type { Accepted, Json, PlanStep } from '@orch/contracts';
import type { NodeSpec } from '@orch/dag';
import { asksEachItem } from '../attempt/conditions.ts';
import { watchedSteps } from './failure-policy.ts';

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
  | (Node & Gathers & { readonly type: 'expand' })
  | (Node & Gathers & { readonly type: 'join' })
  | ItemNode;

export type ItemNode = Node & Gathers & { readonly type: 'item'; readonly key: string; readonly item: Json };

/** Whether its step waits for all its items, also when some fail, and decides then what that means. */
type Gathers = { readonly gathers: boolean };

type Accepts = { readonly [need: string]: readonly Accepted[] };

const any: readonly Accepted[] = ['succeeded', 'failed', 'skipped'];
const notFailed: readonly Accepted[] = ['succeeded', 'skipped'];
const found: readonly Accepted[] = ['succeeded', 'failed'];

const expandId = (step: string): string => `${step}[*]`;
const itemId = (step: string, key: string): string => `${step}[=${key}]`;

/** The id of the node that does a step, or an item of it. */
export function nodeAt({ step, item }: { readonly step: string; readonly item?: string | undefined }): string {
  return item === undefined ? step : itemId(step, item);
}

/** The nodes that are known before anything runs. */
export function planNodes(steps: readonly PlanStep[]): RunNode[] {
  const watched = watchedSteps(steps);
  return steps.flatMap((step): RunNode[] => {
    const { id, needs, accept: accepts } = step;
    if (step.each === undefined) return [{ type: 'step', id, needs, accepts, step }];
    const expand = expandId(id);
    const gathers = watched.has(id) || (step.on_failure ?? 'abort') !== 'abort';
    return [
      { type: 'expand', id: expand, ...expandNeeds(step), step, gathers },
      { type: 'join', id, ...joinNeeds(step, gathers), step, gathers },
    ];
  });
}

type Found = { readonly step: PlanStep; readonly gathers: boolean };

/** The nodes of the items that a step was found to have; each blocks the step's join. */
export function itemNodes(
  { step, gathers }: Found,
  items: readonly { readonly key: string; readonly item: Json }[],
): (NodeSpec<ItemNode> & { readonly node: ItemNode })[] {
  const from = itemwiseNeed(step);
  const ends = from === undefined ? undefined : step.accept?.[from];
  const neededBy = [step.id];
  const accepted = gathers ? any : mayBeSkipped(step) ? notFailed : undefined;
  return items.map(({ key, item }) => {
    const need = from === undefined ? undefined : itemId(from, key);
    const needs = need === undefined ? [] : [need];
    const accepts = need === undefined || ends === undefined ? undefined : { [need]: ends };
    return {
      node: { type: 'item', id: itemId(step.id, key), needs, accepts, step, gathers, key, item },
      neededBy,
      accepted,
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
function joinNeeds(step: PlanStep, gathers: boolean): Pick<Node, 'needs' | 'accepts'> {
  const from = itemwiseNeed(step);
  const expand = expandId(step.id);
  const ends = from === undefined ? undefined : step.accept?.[from];
  const followed = from === undefined || ends === undefined ? undefined : { [from]: ends };
  const accepts = gathers || followed !== undefined ? { ...(gathers && { [expand]: found }), ...followed } : undefined;
  return { needs: from === undefined ? [expand] : [expand, from], accepts };
}

/** Items that are skipped by themselves leave the others as they are. */
function mayBeSkipped(step: PlanStep): boolean {
  return itemwiseNeed(step) !== undefined || asksEachItem(step);
}
