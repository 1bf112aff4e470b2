import { buildDag, levels } from '@orch/dag';
import type { DraftStep } from '../fields/draft.ts';
import { hasTags } from '../fields/words.ts';
import { suggest } from '../source/suggest.ts';
import type { Problems } from '../source/problems.ts';
import { entryOf, inside } from '../source/written.ts';
import type { Mention } from './check-step-template.ts';
import { placeOf } from './place.ts';

type Node = { readonly id: string; readonly needs: readonly string[] };

/** Step ids in an order that does not depend on how they were written: by level of the graph, then by name. */
export type Order = readonly Node[];

/** What another step may say of a step, also of one that ran before this was written: whether it fans out. */
export type KnownSteps = ReadonlyMap<string, { readonly fansOut: boolean }>;

type Around = { readonly known: KnownSteps; readonly problems: Problems };

/**
 * What every step needs: the steps it lists, those its templates name, and the ones it fans out over or takes from.
 * Notes unknown steps, fan-outs over a step that has no items, and cycles.
 */
export function resolveNeeds(
  steps: readonly DraftStep[],
  mentions: ReadonlyMap<DraftStep, readonly Mention[]>,
  around: Around,
): Order {
  const needs = new Map(
    steps.map((step) => {
      const written = [...listed(step, around), ...over(step, around), ...taken(step, around)];
      return [step.id, firstOfEach([...written, ...(mentions.get(step) ?? [])])] as const;
    }),
  );
  return order(needs);
}

function listed(step: DraftStep, { known, problems }: Around): Mention[] {
  const entry = step.written.get('needs');
  if (entry?.value.type !== 'list') return [];
  const place = placeOf(step, entry, problems);
  return entry.value.items.flatMap((item, index) => {
    const value = entryOf(item, 'step')?.value ?? item;
    const name = value.type === 'scalar' ? value.value : undefined;
    if (typeof name !== 'string' || !step.needs.some((need) => need.step === name)) return [];
    const at = value === item ? inside(place.path, index) : `${inside(place.path, index)}.step`;
    return mention({ name, offset: value.span[0], problems: place.problems }, at, known);
  });
}

function over(step: DraftStep, { known, problems }: Around): Mention[] {
  const entry = step.written.get('each');
  if (step.each === undefined || !('from' in step.each) || entry === undefined) return [];
  const place = placeOf(step, entry, problems);
  const offset = (entryOf(entry.value, 'from')?.value ?? entry.value).span[0];
  const found = mention({ name: step.each.from, offset, problems: place.problems }, `${place.path}.from`, known);
  if (found.length > 0 && known.get(step.each.from)?.fansOut === false) {
    const message = `${place.path}.from: expected a step that has each, got ${JSON.stringify(step.each.from)}, which has none`;
    place.problems.add(offset, { code: 'bad_value', message });
  }
  return found;
}

/** The step whose answer a patch is taken from. */
function taken(step: DraftStep, { known, problems }: Around): Mention[] {
  const entry = step.written.get('from');
  const name = step.fields['from'];
  if (step.kind !== 'patch' || typeof name !== 'string' || hasTags(name) || entry === undefined) return [];
  const place = placeOf(step, entry, problems);
  return mention({ name, offset: entry.value.span[0], problems: place.problems }, place.path, known);
}

function mention(found: Mention, path: string, known: KnownSteps): Mention[] {
  const { name, offset, problems } = found;
  if (known.has(name)) return [found];
  const message = `${path}: no step ${JSON.stringify(name)}${suggest(name, known.keys())}`;
  problems.add(offset, { code: 'unknown_need', message });
  return [];
}

function firstOfEach(mentions: readonly Mention[]): Map<string, Mention> {
  const first = new Map<string, Mention>();
  for (const mention of mentions) if (!first.has(mention.name)) first.set(mention.name, mention);
  return first;
}

/** Cuts every cycle at its first need and notes it, until none is left. Steps that ran before are no part of any. */
function order(needs: ReadonlyMap<string, Map<string, Mention>>): Order {
  for (;;) {
    const nodes = [...needs].map(([id, all]): Node => ({ id, needs: [...all.keys()].sort() }));
    const own = nodes.map((node) => ({ id: node.id, needs: node.needs.filter((need) => needs.has(need)), node }));
    const dag = buildDag(own.sort((a, b) => (a.id < b.id ? -1 : 1)));
    if (dag.ok) return levels(dag.value).flatMap((level) => level.map(({ node }) => node));
    if (dag.error.code !== 'cycle') throw dag.error;
    const [from, to] = dag.error.path as readonly [string, string, ...string[]];
    const found = needs.get(from)!.get(to)!;
    const message = `steps.${from}: needs itself: ${dag.error.path.join(' → ')}`;
    found.problems.add(found.offset, { code: 'cycle', message });
    needs.get(from)!.delete(to);
  }
}
