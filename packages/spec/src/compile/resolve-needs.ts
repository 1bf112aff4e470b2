import { buildDag, levels } from '@orch/dag';
import type { DraftStep } from '../fields/draft.ts';
import { suggest } from '../source/suggest.ts';
import type { Problems } from '../source/problems.ts';
import { inside } from '../source/written.ts';
import type { Mention } from './check-templates.ts';

type Node = { readonly id: string; readonly needs: readonly string[] };

/** Step ids in an order that does not depend on how they were written: by level of the graph, then by name. */
export type Order = readonly Node[];

/**
 * What every step needs: the steps it lists, those its templates name, and the one it fans out over.
 * Notes unknown steps, fan-outs over a step that has no items, and cycles.
 */
export function resolveNeeds(
  steps: readonly DraftStep[],
  mentions: ReadonlyMap<DraftStep, readonly Mention[]>,
  problems: Problems,
): Order {
  const byId = new Map(steps.map((step) => [step.id, step]));
  const needs = new Map(
    steps.map((step) => {
      const all = [...listed(step, byId, problems), ...over(step, byId, problems), ...(mentions.get(step) ?? [])];
      return [step.id, firstOfEach(all)] as const;
    }),
  );
  return order(needs);
}

function listed(step: DraftStep, byId: ReadonlyMap<string, DraftStep>, problems: Problems): Mention[] {
  const written = step.written.get('needs')?.value;
  if (written?.type !== 'list') return [];
  return written.items.flatMap((item, index) => {
    const name = item.type === 'scalar' ? item.value : undefined;
    if (typeof name !== 'string' || !step.needs.includes(name)) return [];
    const path = `${inside(step.path, 'needs')}[${index}]`;
    return known({ name, offset: item.span[0], problems }, path, byId);
  });
}

function over(step: DraftStep, byId: ReadonlyMap<string, DraftStep>, problems: Problems): Mention[] {
  if (step.each === undefined || !('from' in step.each)) return [];
  const each = step.written.get('each')!.value;
  const from = each.type === 'map' ? each.entries.find(({ key }) => key === 'from') : undefined;
  const mention = { name: step.each.from, offset: from!.value.span[0], problems };
  const path = `${step.path}.each.from`;
  const found = known(mention, path, byId);
  if (found.length > 0 && !byId.get(mention.name)!.written.has('each')) {
    const message = `${path}: expected a step that has each, got ${JSON.stringify(mention.name)}, which has none`;
    problems.add(mention.offset, { code: 'bad_value', message });
  }
  return found;
}

function known(mention: Mention, path: string, byId: ReadonlyMap<string, DraftStep>): Mention[] {
  const { name, offset, problems } = mention;
  if (byId.has(name)) return [mention];
  const message = `${path}: no step ${JSON.stringify(name)}${suggest(name, byId.keys())}`;
  problems.add(offset, { code: 'unknown_need', message });
  return [];
}

function firstOfEach(mentions: readonly Mention[]): Map<string, Mention> {
  const first = new Map<string, Mention>();
  for (const mention of mentions) if (!first.has(mention.name)) first.set(mention.name, mention);
  return first;
}

/** Cuts every cycle at its first need and notes it, until none is left. */
function order(needs: ReadonlyMap<string, Map<string, Mention>>): Order {
  for (;;) {
    const nodes = [...needs].map(([id, all]): Node => ({ id, needs: [...all.keys()].sort() }));
    const dag = buildDag(nodes.sort((a, b) => (a.id < b.id ? -1 : 1)));
    if (dag.ok) return levels(dag.value).flat();
    if (dag.error.code !== 'cycle') throw dag.error;
    const [from, to] = dag.error.path as readonly [string, string, ...string[]];
    const mention = needs.get(from)!.get(to)!;
    const message = `steps.${from}: needs itself: ${dag.error.path.join(' → ')}`;
    mention.problems.add(mention.offset, { code: 'cycle', message });
    needs.get(from)!.delete(to);
  }
}
