import type { JsonObject, PlanStep } from '@orch/contracts';
import * as fc from 'fast-check';
import { never, step } from './plan.ts';

/** A step as a property draws it. It says something, perhaps with what its needs said. */
export type Sketch = {
  /** Steps before it, by their distance. */
  readonly needs: readonly number[];
  readonly tells: boolean;
  readonly says: number;
  /** Changes its inputs, never what it says. */
  readonly note: number;
  /** `lists`: says its names · `fans out`: over its names, or those that its first need lists · `follows`: the items of its first need. */
  readonly shape: 'plain' | 'lists' | 'fans out' | 'follows';
  readonly names: readonly string[];
};

const parts = {
  needs: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 2 }),
  tells: fc.boolean(),
  says: fc.nat(2),
  note: fc.nat(1),
  shape: fc.constantFrom<Sketch['shape']>('plain', 'plain', 'plain', 'lists', 'fans out', 'follows'),
  names: fc.shuffledSubarray(['x', 'y', 'z'], { minLength: 1 }),
};

const anySketch: fc.Arbitrary<Sketch> = fc.record(parts);

/** Small graphs. */
export const anySketches: fc.Arbitrary<readonly Sketch[]> = fc.array(anySketch, { minLength: 1, maxLength: 6 });

/** What somebody may do to a job between two attempts: at most a few steps become others. */
export const anyEdit: fc.Arbitrary<(sketches: readonly Sketch[]) => readonly Sketch[]> = fc
  .record({
    changes: fc.array(fc.tuple(fc.nat(5), fc.record(parts, { requiredKeys: [] })), { maxLength: 2 }),
    dropped: fc.nat(1),
    added: fc.array(anySketch, { maxLength: 1 }),
  })
  .map(({ changes, dropped, added }) => (sketches) => {
    const edited = [...sketches];
    for (const [at, change] of changes) {
      const sketch = edited[at % edited.length];
      if (sketch !== undefined) edited[at % edited.length] = { ...sketch, ...change };
    }
    return [...edited.slice(0, Math.max(1, edited.length - dropped)), ...added];
  });

/** The steps `s0`, `s1`, … of a job. */
export function stepsOf(sketches: readonly Sketch[], more: Partial<PlanStep> = {}): PlanStep[] {
  const steps: PlanStep[] = [];
  sketches.forEach((sketch, at) => {
    const needs = sketch.needs.filter((distance) => distance <= at).map((distance) => steps[at - distance]!);
    steps.push(toStep(sketch, { id: `s${at}`, needs, more, shapes: sketches.map(({ shape }) => shape) }));
  });
  return steps;
}

type Place = {
  readonly id: string;
  readonly needs: readonly PlanStep[];
  readonly more: Partial<PlanStep>;
  readonly shapes: readonly Sketch['shape'][];
};

function toStep(sketch: Sketch, { id, needs, more, shapes }: Place): PlanStep {
  const [first] = needs;
  const isFollowed = sketch.shape === 'follows' && first?.each !== undefined;
  const fansOut = isFollowed || sketch.shape === 'fans out' || sketch.shape === 'follows';
  const isListed = first !== undefined && first.each === undefined && shapes[Number(first.id.slice(1))] === 'lists';
  const list = isListed ? `{{ steps.${first.id}.output }}` : [...sketch.names];
  const key = '{{ item }}';
  const told = needs.filter((need) => !isFollowed || need !== first).map((need) => `{{ steps.${need.id}.output }}`);
  const said = `${sketch.says} ${sketch.tells ? told.join(' ') : ''}`;
  const usual = { retry: never, needs: needs.map((need) => need.id), ...more };
  const fields = (text: string): JsonObject => ({ say: text, note: sketch.note });
  if (isFollowed) {
    const each = { from: first.id, max_items: 100 };
    return step(id, { ...usual, each, fields: fields(`${said} {{ item.key }} {{ item.output }}`) });
  }
  if (fansOut) return step(id, { ...usual, each: { list, key, max_items: 100 }, fields: fields(`${said} {{ item }}`) });
  if (sketch.shape === 'lists') return step(id, { ...usual, fields: { say: [...sketch.names], note: sketch.note } });
  return step(id, { ...usual, fields: fields(said) });
}
