import { describe, expect, test } from 'vitest';
import { batches } from './batches.ts';
import { buildDag } from './build-dag.ts';
import type { Dag } from './build-dag.ts';
import { criticalPath } from './critical-path.ts';
import { dependents } from './dependents.ts';
import { levels } from './levels.ts';
import type { NodeSpec, Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { RunOptions } from './run-dag.ts';
import { topological } from './topological.ts';

type Node = { readonly id: string; readonly needs: readonly string[] };

const size = 100_000;
const last = `${size - 1}`;
const nodes = (needsOf: (at: number) => string[]): Node[] =>
  Array.from({ length: size }, (_, at) => ({ id: `${at}`, needs: needsOf(at) }));
const ids = Array.from({ length: size - 1 }, (_, at) => `${at}`);

const chain = dagOf(nodes((at) => (at === 0 ? [] : [`${at - 1}`])).toReversed());
const star = dagOf(nodes((at) => (at === 0 ? [] : ['0'])));
const join = dagOf(nodes((at) => (at === size - 1 ? ids : [])));
const shapes = [
  ['independent', dagOf(nodes(() => [])), { depth: 1, ofFirst: 0 }],
  ['a chain', chain, { depth: size, ofFirst: size - 1 }],
  ['dependents of one', star, { depth: 2, ofFirst: size - 1 }],
  ['needs of one', join, { depth: 2, ofFirst: 1 }],
] as const;

function dagOf(list: readonly Node[]): Dag<Node> {
  const built = buildDag(list);
  if (!built.ok) throw built.error;
  return built.value;
}

const done: Outcome<string, Node> = { status: 'succeeded', value: '' };
const failed: Outcome<string, Node> = { status: 'failed', error: 'no' };
const run = (dag: Dag<Node>, answer: (node: Node) => typeof done | Promise<typeof done>, options?: Options) =>
  runDag<Node, string>(dag, answer, options);
type Options = RunOptions<Node, string>;

describe.each(shapes)('100 000 nodes: %s', (_, dag, { depth, ofFirst }) => {
  test('can be planned', () => {
    expect(topological(dag)).toHaveLength(size);
    expect(levels(dag)).toHaveLength(depth);
    expect(criticalPath(dag)).toMatchObject({ nodes: { length: depth }, weight: depth });
    expect(dependents(dag, '0')).toHaveLength(ofFirst);
    expect(batches(dag, size).flat()).toHaveLength(size);
  });

  test.each([
    ['at once', () => done],
    ['with promises', async () => done],
  ])('run when they answer %s', async (_, answer) => {
    const { status, outcomes } = await run(dag, answer);
    expect([status, outcomes.size]).toEqual(['succeeded', size]);
  });

  test('are skipped behind a failure, a drain, and what is known', async () => {
    const behind = await run(dag, ({ id }) => (id === '0' ? failed : done), { onFailure: 'skip_dependents' });
    const skipped = [...behind.outcomes.values()].filter(({ status }) => status === 'skipped');
    expect(skipped).toHaveLength(ofFirst);
    const drained = await run(dag, () => expect.unreachable(), { drain: AbortSignal.abort() });
    expect([drained.status, drained.outcomes.size]).toEqual(['canceled', size]);
    const again = await run(dag, () => expect.unreachable(), {
      initial: new Map(dag.nodes.map(({ id }) => [id, done])),
    });
    expect([again.status, again.outcomes.size]).toEqual(['succeeded', size]);
  });
});

test('a cycle of 100 000 nodes is named whole', () => {
  const built = buildDag(nodes((at) => [`${(at + 1) % size}`]));
  expect(built).toMatchObject({ ok: false, error: { code: 'cycle', path: { length: size + 1 } } });
});

describe('100 000 nodes join at once', () => {
  const adder = dagOf([
    { id: 'adder', needs: [] },
    { id: 'join', needs: ['adder'] },
  ]);
  const join = (needsOf: (at: number) => string[], neededBy: string[]) => {
    const add: NodeSpec<Node>[] = nodes(needsOf).map((node) => ({ node, neededBy }));
    return run(adder, ({ id }) => (id === 'adder' ? { ...done, add } : done), { onFailure: 'continue' });
  };

  test('each needed by one that waits', async () => {
    const { status, outcomes } = await join(() => [], ['join']);
    expect([status, outcomes.size, [...outcomes.keys()].at(-1)]).toEqual(['succeeded', size + 2, 'join']);
  });

  test('as a chain', async () => {
    const { status, outcomes } = await join((at) => (at === 0 ? [] : [`${at - 1}`]), []);
    expect([status, outcomes.size, outcomes.get(last)]).toEqual(['succeeded', size + 2, done]);
  });

  test('as a cycle, and are refused', async () => {
    const { outcomes } = await join((at) => [`${(at + 1) % size}`], []);
    expect(outcomes.get('adder')).toMatchObject({ error: { code: 'cycle', path: { length: size + 1 } } });
    expect(outcomes.size).toBe(2);
  });
});

test('50 000 nodes may wait for a retry at once', async () => {
  const dag = dagOf(Array.from({ length: 50_000 }, (_, at) => ({ id: `${at}`, needs: [] })));
  const { status } = await runDag<Node, string>(dag, (_, { attempt }) =>
    attempt === 1 ? { status: 'retry', afterMs: 1 } : done,
  );
  expect(status).toBe('succeeded');
});
