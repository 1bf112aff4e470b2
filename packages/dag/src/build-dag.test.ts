import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import { edgesOf } from './edges.ts';

const nodes = (needs: Record<string, string[]>) => Object.entries(needs).map(([id, needs]) => ({ id, needs }));

function errorOf(list: Iterable<{ id: string; needs?: readonly string[] }>) {
  const built = buildDag(list);
  if (built.ok) throw new Error('expected an error');
  return built.error;
}

test('nodes keep their own fields and their given order', () => {
  const list = [
    { id: 'b', needs: ['a'], colour: 'red' },
    { id: 'a', colour: 'blue' },
  ];
  const built = buildDag(list);
  expect(built.ok && built.value.nodes).toEqual(list);
  expect(built.ok && [...built.value.order]).toEqual([1, 0]);
});

test('no nodes make an empty graph', () => {
  expect(buildDag([])).toMatchObject({ ok: true, value: { nodes: [], order: new Uint32Array() } });
});

test('two nodes with one id are refused', () => {
  const error = errorOf([{ id: 'a' }, { id: 'b' }, { id: 'a' }]);
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ code: 'duplicate_id', id: 'a', message: expect.stringContaining('`a`') });
});

test.each([
  ['a letter left out', 'architct', 'architect'],
  ['a letter too many', 'doccs', 'docs'],
  ['two letters swapped', 'dosc', 'docs'],
  ['a wrong letter', 'buildar', 'builder'],
])('a need that does not exist is refused, and the nearest id is named: %s', (_, need, nearest) => {
  const error = errorOf([...nodes({ architect: [], docs: [], builder: [] }), { id: 'qa', needs: ['docs', need] }]);
  expect(error).toMatchObject({ code: 'unknown_need', id: 'qa', need, nearest });
  expect(error.message).toBe(`\`qa\` needs \`${need}\`, but there is no such node. Did you mean \`${nearest}\`?`);
});

test('nothing is suggested when no id is close', () => {
  const error = errorOf(nodes({ a: ['b'], review: ['deploy'] }));
  expect(error).toMatchObject({
    code: 'unknown_need',
    id: 'a',
    need: 'b',
    message: '`a` needs `b`, but there is no such node.',
  });
  expect(error).not.toHaveProperty('nearest');
});

test('a node that needs itself is a cycle of one', () => {
  expect(errorOf(nodes({ a: [], b: ['a', 'b'] }))).toMatchObject({ code: 'cycle', path: ['b', 'b'] });
});

test('a cycle is named from need to need, without the nodes that merely lead to it', () => {
  const error = errorOf(nodes({ start: ['a'], a: ['leaf', 'b'], leaf: [], b: ['c'], c: ['a'], after: ['b'] }));
  expect(error).toMatchObject({ code: 'cycle', path: ['a', 'b', 'c', 'a'] });
  expect(error.message).toContain('a → b → c → a');
});

test('among random nodes an order is found exactly when there is no cycle, and a named cycle is a true one', () => {
  const graphs = fc
    .integer({ min: 1, max: 8 })
    .chain((size) =>
      fc.array(fc.uniqueArray(fc.nat(size - 1), { maxLength: 2 }), { minLength: size, maxLength: size }),
    );
  fc.assert(
    fc.property(graphs, (needs) => {
      const built = buildDag(needs.map((list, i) => ({ id: `${i}`, needs: list.map(String) })));
      if (built.ok) {
        const order = [...built.value.order];
        expect(order.toSorted()).toEqual([...needs.keys()].toSorted());
        needs.forEach((list, at) => {
          for (const need of list) expect(order.indexOf(need)).toBeLessThan(order.indexOf(at));
          for (const need of list) expect(edgesOf(built.value.dependents, need)).toContain(at);
        });
      } else if (built.error.code === 'cycle') {
        const path = built.error.path.map(Number);
        expect(path.length).toBeGreaterThan(1);
        expect(path.at(-1)).toBe(path[0]);
        path.slice(1).forEach((need, i) => expect(needs[path[i]!]).toContain(need));
      } else expect.unreachable(built.error.message);
    }),
    { numRuns: 1_000 },
  );
});

test('a cycle is found at once beside nodes that lead to each other in very many ways', () => {
  const ladder = Array.from({ length: 100 }, (_, i) => ['l', 'r'].map((side) => [side, i] as const)).flat();
  const rungs = ladder.map(([side, i]) => ({ id: `${side}${i}`, needs: i === 0 ? [] : [`l${i - 1}`, `r${i - 1}`] }));
  const error = errorOf([...rungs.toReversed(), ...nodes({ a: ['b'], b: ['a'] })]);
  expect(error).toMatchObject({ code: 'cycle', path: ['a', 'b', 'a'] });
});

test('the message names both ends of a long cycle, its error all of it', () => {
  const ring = Array.from({ length: 30 }, (_, i) => ({ id: `${i}`, needs: [`${(i + 1) % 30}`] }));
  const { message, ...fields } = errorOf(ring);
  expect(message).toMatch(/^Expected no cycle, got 0 → 1 → .* → 9 → \(11 more\) → 21 → .* → 29 → 0 \(each needs/);
  expect(fields).toMatchObject({ path: [...Array(30).keys(), 0].map(String) });
});
