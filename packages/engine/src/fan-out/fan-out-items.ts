import { OrchError, ok } from '@orch/contracts';
import type { Digest, PlanStep, Result } from '@orch/contracts';
import { expandEach, withinLimit } from './each.ts';
import type { Item } from './each.ts';
import { itemwiseNeed } from '../graph/graph.ts';
import type { HashedInputs } from '../attempt/input-hash.ts';
import { needsOf } from '../attempt/prepare-attempt.ts';
import type { RunFacts } from '../run/run-context.ts';
import { scopeOf } from '../attempt/scope.ts';

export type Expanded = ReadonlyMap<string, readonly Item[]>;

/** The items of a fan-out; those it follows one by one are in `expanded`, where they were found. */
export async function findItems(run: RunFacts, step: PlanStep, expanded: Expanded): Promise<Result<readonly Item[]>> {
  const { each } = step;
  if (each === undefined) throw new OrchError('internal', `Step ${step.id} does not fan out.`);
  const from = itemwiseNeed(step);
  const found =
    from === undefined ? await expandEach(each, scopeOf(run, step), run.hider) : ok(expanded.get(from) ?? []);
  return found.ok ? withinLimit(found.value.slice(0, run.limit), each) : found;
}

/** What the input hash of a fan-out is made from; `items`: the digest of the list of them. */
export function fanOutInputs(run: RunFacts, step: PlanStep, items: Digest): HashedInputs {
  return { fields: { items }, needs: awaitedNeeds(run, step), reads: {}, asked: undefined };
}

/** Not the one whose items it follows: it may start before that has ended, and each of its items depends on one of those. */
export function awaitedNeeds(run: RunFacts, step: PlanStep): HashedInputs['needs'] {
  const followed = itemwiseNeed(step);
  return Object.fromEntries(Object.entries(needsOf(run, step)).filter(([need]) => need !== followed));
}
