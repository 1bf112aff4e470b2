import type { PlanStep } from '@orch/contracts';
import { buildDag } from '@orch/dag';
import { itemwiseNeed } from './graph.ts';

type Joining = {
  /** The step that adds them. */
  readonly by: string;
  /** Those of the graph. */
  readonly steps: ReadonlyMap<string, PlanStep>;
  /** Of those that joined it before, who added them. */
  readonly origins: ReadonlyMap<string, { readonly by: string }>;
  readonly kinds: ReadonlyMap<string, unknown>;
};

/** Why steps cannot join a running graph; undefined when they can. In time linear in what is new. */
export function whyNotJoin(joining: readonly PlanStep[], graph: Joining): string | undefined {
  const ids = new Set(joining.map(({ id }) => id));
  for (const { id, kind, needs } of joining) {
    if (graph.steps.has(id)) return `steps.${id}: there is a step with this id already`;
    if (!graph.kinds.has(kind))
      return `steps.${id}.kind: expected one of ${[...graph.kinds.keys()].join(', ')}, got ${kind}`;
    for (const need of needs) {
      if (ids.has(need)) continue;
      if (!graph.steps.has(need)) return `steps.${id}.needs: there is no step ${need}`;
      if (!isSure(need, graph)) return unsure(id, need, graph);
    }
  }
  const among = buildDag(joining.map(({ id, needs }) => ({ id, needs: needs.filter((need) => ids.has(need)) })));
  return among.ok ? undefined : among.error.message;
}

/** Whether the step was there whatever else the run did first: who added it had ended before `by` began. */
function isSure(need: string, { by, steps, origins }: Joining): boolean {
  const origin = origins.get(need);
  if (origin === undefined || need === by) return true;
  const ended = new Set(endedBefore(by, steps));
  for (const id of ended) {
    if (id === need || id === origin.by) return true;
    for (const above of endedBefore(id, steps)) ended.add(above);
  }
  return false;
}

/** A need that is taken item by item may still go on. */
function endedBefore(id: string, steps: Joining['steps']): readonly string[] {
  const step = steps.get(id);
  return step?.needs.filter((need) => need !== itemwiseNeed(step)) ?? [];
}

function unsure(id: string, need: string, { by, origins }: Joining): string {
  const adder = origins.get(need)?.by ?? '';
  if (adder === by) return `steps.${id}.needs: ${need} was added by another item of ${by}, perhaps only after this`;
  return `steps.${id}.needs: ${need} was added by ${adder}, perhaps only after this: let ${by} need ${adder}`;
}
