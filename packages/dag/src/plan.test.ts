import fc from 'fast-check';
import { expect, test } from 'vitest';
import { batches } from './batches.ts';
import { buildDag } from './build-dag.ts';
import { criticalPath } from './critical-path.ts';
import { dependents } from './dependents.ts';
import { levels } from './levels.ts';
import { topological } from './topological.ts';

type Node = { readonly id: string; readonly needs: readonly string[]; readonly weight: number };

function dagOf(nodes: readonly Node[]) {
  const built = buildDag(nodes);
  if (!built.ok) throw built.error;
  return built.value;
}

const node = (id: string, needs: string[] = [], weight = 1): Node => ({ id, needs, weight });
const ids = (nodes: readonly Node[]) => nodes.map(({ id }) => id);

/** Nodes in any order, each needing some that were drawn before it. */
const graphs = fc
  .array(fc.record({ picks: fc.array(fc.nat(), { maxLength: 3 }), weight: fc.nat(9), place: fc.nat() }), {
    maxLength: 12,
  })
  .map((rows) =>
    rows
      .map(({ picks, weight, place }, i) => ({
        ...node(`n${i}`, i === 0 ? [] : [...new Set(picks.map((pick) => `n${pick % i}`))], weight),
        place,
      }))
      .toSorted((a, b) => a.place - b.place),
  );

const software = dagOf([
  node('qa', ['builder', 'docs'], 2),
  node('architect', [], 3),
  node('builder', ['architect'], 10),
  node('docs', ['architect'], 4),
  node('notes'),
]);

test('levels are how deep a node stands below the nodes without needs', () => {
  expect(levels(software).map(ids)).toEqual([['architect', 'notes'], ['builder', 'docs'], ['qa']]);
});

test('the topological order puts needs first and keeps the given order otherwise', () => {
  expect(ids(topological(software))).toEqual(['architect', 'notes', 'builder', 'docs', 'qa']);
});

test('dependents are direct and indirect ones, in topological order', () => {
  expect(ids(dependents(software, 'architect'))).toEqual(['builder', 'docs', 'qa']);
  expect(ids(dependents(software, 'docs'))).toEqual(['qa']);
  expect(ids(dependents(software, 'notes'))).toEqual([]);
});

test('dependents of an unknown id are an error that names the nearest', () => {
  expect(() => dependents(software, 'bilder')).toThrow('got `bilder`. Did you mean `builder`?');
});

test('the critical path is the heaviest chain, with its weight', () => {
  const { nodes, weight } = criticalPath(software, ({ weight }) => weight);
  expect([ids(nodes), weight]).toEqual([['architect', 'builder', 'qa'], 15]);
  expect(criticalPath(software).weight).toBe(3);
  expect(criticalPath(dagOf([]))).toEqual({ nodes: [], weight: 0 });
});

test('ten independent nodes by 3 make batches of 3, 3, 3 and 1', () => {
  const ten = dagOf(Array.from({ length: 10 }, (_, i) => node(`n${i}`)));
  expect(batches(ten, 3).map((batch) => batch.length)).toEqual([3, 3, 3, 1]);
  expect(batches(ten, Infinity)).toHaveLength(1);
});

test('a batch is filled from the next level when the level before it is used up', () => {
  const free = [node('a'), node('b'), node('c'), node('d'), node('e', ['a']), node('f', ['a'])];
  expect(batches(dagOf(free), 3).map(ids)).toEqual([
    ['a', 'b', 'c'],
    ['d', 'e', 'f'],
  ]);
});

test.each([0, -1, NaN])('a batch size of %s is refused', (size) => {
  expect(() => batches(software, size)).toThrow(`Expected \`size\` to be at least 1, got \`${size}\``);
});

test('on random graphs every view fits its definition', () => {
  fc.assert(
    fc.property(graphs, fc.integer({ min: 1, max: 4 }), (nodes, size) => {
      const dag = dagOf(nodes);
      const byId = new Map(nodes.map((each) => [each.id, each]));
      const needsOf = ({ needs }: Node) => needs.map((id) => byId.get(id)!);
      const depth = (each: Node): number => Math.max(0, ...needsOf(each).map((need) => depth(need) + 1));
      const weigh = (each: Node): number => each.weight + Math.max(0, ...needsOf(each).map(weigh));
      const reaches = (each: Node, id: string): boolean =>
        needsOf(each).some((need) => need.id === id || reaches(need, id));

      levels(dag).forEach((level, at) => level.forEach((each) => expect(depth(each)).toBe(at)));
      expect(levels(dag).flat()).toHaveLength(nodes.length);

      const path = criticalPath(dag, ({ weight }) => weight);
      expect(path.weight).toBe(Math.max(0, ...nodes.map(weigh)));
      expect(path.nodes.reduce((sum, { weight }) => sum + weight, 0)).toBe(path.weight);
      path.nodes.slice(1).forEach((each, i) => expect(each.needs).toContain(path.nodes[i]!.id));

      for (const { id } of nodes) {
        expect(ids(dependents(dag, id)).toSorted()).toEqual(ids(nodes.filter((each) => reaches(each, id))).toSorted());
      }

      const done = new Set<string>();
      for (const batch of batches(dag, size)) {
        const free = nodes.filter(({ id, needs }) => !done.has(id) && needs.every((need) => done.has(need)));
        expect(batch).toHaveLength(Math.min(size, free.length));
        for (const each of batch) expect(free).toContain(each);
        for (const { id } of batch) done.add(id);
      }
      expect(done.size).toBe(nodes.length);
    }),
    { numRuns: 500 },
  );
});
