import { FakeClock } from '@orch/testkit';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { NodeSpec, Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { RunOptions } from './run-dag.ts';

/** `adds`: what it adds to the graph when it succeeds, after `ms`; with 0 it answers at once. */
type Node = {
  readonly id: string;
  readonly needs?: readonly string[];
  readonly ms?: number;
  readonly adds?: readonly NodeSpec<Node>[];
  readonly answer?: Outcome<string>;
};

/** Runs nodes under a clock that jumps from end to end; `starts` says when each began. */
async function simulate(nodes: readonly Node[], options: RunOptions<Node, string> = {}) {
  const built = buildDag(nodes);
  if (!built.ok) throw built.error;
  const clock = new FakeClock();
  const starts: Record<string, number> = {};
  const ends: Record<string, number> = {};
  const seen: Record<string, string[]> = {};
  const running = runDag<Node, string>(
    built.value,
    ({ id, ms = 0, adds, answer = { status: 'succeeded', value: id } }, { needs }) => {
      starts[id] = clock.monotonic();
      seen[id] = [...needs.values()];
      const outcome = answer.status === 'succeeded' && adds ? { ...answer, add: adds } : answer;
      return ms === 0 ? outcome : clock.sleep(ms).then(() => outcome);
    },
    { ...options, clock, onSettle: ({ id }) => void (ends[id] = clock.monotonic()) },
  );
  await clock.advance(10_000);
  const { status, outcomes } = await running;
  const ended = Object.fromEntries(
    [...outcomes].map(([id, one]) => [id, one.status === 'skipped' ? one.reason : one.status]),
  );
  return { status, outcomes, ended, starts, ends, seen };
}

const item = (id: string, ms: number, needs: string[] = []): Node => ({ id, ms, needs });

test('a fan-out adds its items before the node that joins them, which sees them all', async () => {
  const adds = [item('a1', 30, ['expand']), item('a2', 10)].map((node) => ({ node, neededBy: ['join'] }));
  const { status, starts, seen } = await simulate([
    { id: 'join', needs: ['expand'] },
    { id: 'after', needs: ['join'] },
    { id: 'expand', ms: 5, adds },
  ]);
  expect(status).toBe('succeeded');
  expect(starts).toEqual({ expand: 0, a1: 5, a2: 5, join: 35, after: 35 });
  expect(seen['join']).toEqual(['expand', 'a1', 'a2']);
  expect(seen['a1']).toEqual(['expand']);
});

test('item-wise steps: an item goes on as soon as its own item of the step before is done', async () => {
  const expand = (step: string, items: Node[], needs: string[] = []): Node[] => [
    { id: `${step}*`, needs, adds: items.map((node) => ({ node, neededBy: [step] })) },
    { id: step, needs: [`${step}*`] },
  ];
  const { starts, ends } = await simulate([
    ...expand('a', [item('a1', 10), item('a2', 50)]),
    ...expand('b', [item('b1', 10, ['a1']), item('b2', 10, ['a2'])], ['a*']),
    ...expand('c', [item('c1', 10, ['b1']), item('c2', 10, ['b2'])], ['b*']),
  ]);
  expect(starts).toMatchObject({ a1: 0, a2: 0, b1: 10, c1: 20, b2: 50, c2: 60 });
  expect(ends['c1']).toBeLessThan(ends['a2']!);
  expect(ends).toMatchObject({ a: 50, b: 60, c: 70 });
});

test('it makes no difference for the moment of a start whether nodes are given or join, nor who names whom', async () => {
  const graphs = fc.array(
    fc.record({
      picks: fc.array(fc.tuple(fc.nat(), fc.boolean()), { maxLength: 3 }),
      ms: fc.nat(5),
      joins: fc.boolean(),
    }),
    { minLength: 2, maxLength: 14 },
  );
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({ min: 1, max: 20 }), async (rows, concurrency) => {
      const needsOf = rows.map(({ picks }, i) => [
        ...new Map(i === 0 ? [] : picks.map(([n, named]) => [n % i, named])),
      ]);
      const whole = rows.map(({ ms }, i) =>
        item(
          `n${i}`,
          ms,
          needsOf[i]!.map(([need]) => `n${need}`),
        ),
      );

      const given: Node[] = [];
      const adds: { node: Node; neededBy: string[] }[] = [];
      rows.forEach(({ ms, joins }, i) => {
        const written = needsOf[i]!.filter(([need, named]) => !rows[need]!.joins || (joins && !named));
        const node = item(`n${i}`, ms, [...written.map(([need]) => `n${need}`), ...(joins ? [] : ['seed'])]);
        if (joins) adds.push({ node, neededBy: [] });
        else given.push(node);
        for (const [need] of needsOf[i]!.filter((one) => !written.includes(one))) {
          adds.find(({ node }) => node.id === `n${need}`)!.neededBy.push(node.id);
        }
      });
      const grown = await simulate([...given, { id: 'seed', adds }]);
      expect(grown.status).toBe('succeeded');
      delete grown.starts['seed'];
      expect(grown.starts).toEqual((await simulate(whole)).starts);
      const narrow = await simulate([...given, { id: 'seed', adds }], { concurrency });
      expect(Object.keys(narrow.ended)).toHaveLength(rows.length + 1);
    }),
    { numRuns: 300 },
  );
});

describe('a node that joins', () => {
  test('may need nodes that have ended, run, or wait', async () => {
    const adds = [{ node: item('new', 1, ['ended', 'running', 'pending', 'adder']) }];
    const nodes = [
      item('ended', 1),
      { ...item('adder', 2), adds },
      item('running', 5),
      item('pending', 5, ['running']),
    ];
    const { starts, seen } = await simulate(nodes);
    expect([starts['new'], seen['new']]).toEqual([10, ['ended', 'running', 'pending', 'adder']]);
  });

  test('is skipped when what it needs has failed or was skipped, and stays pending when that waits', async () => {
    const no: Outcome<string> = { status: 'failed', error: 'no' };
    const nodes: Node[] = [
      { id: 'bad', answer: no },
      { id: 'never', needs: ['bad'] },
      { id: 'ask', answer: { status: 'waiting', reason: 'approval' } },
      { id: 'join', needs: ['adder'] },
      {
        id: 'adder',
        ms: 1,
        adds: [
          { node: { id: 'x', needs: ['bad'] } },
          { node: { id: 'y', needs: ['never'] }, neededBy: ['join'] },
          { node: { id: 'z', needs: ['ask'] } },
          { node: { id: 'xx', needs: ['x'] } },
        ],
      },
    ];
    const { status, ended } = await simulate(nodes, { onFailure: 'skip_dependents' });
    expect(status).toBe('waiting');
    expect(ended).toMatchObject({
      x: 'dependency_failed',
      xx: 'dependency_skipped',
      y: 'dependency_skipped',
      join: 'dependency_skipped',
    });
    expect(ended).not.toHaveProperty('z');
  });

  test('may hold up a node that is ready but not started, because no slot was free', async () => {
    const adds = [
      { node: item('new', 5), neededBy: ['ready', 'doomed'] },
      { node: item('last', 1), neededBy: ['doomed'] },
    ];
    const nodes: Node[] = [{ ...item('adder', 1), adds }, item('ready', 1), item('doomed', 1), item('other', 1)];
    const { starts, ended } = await simulate(nodes, { concurrency: 1 });
    expect(starts).toEqual({ adder: 0, other: 1, new: 2, last: 7, ready: 8, doomed: 9 });
    expect(ended).toMatchObject({ ready: 'succeeded', doomed: 'succeeded' });
  });

  test('is skipped with the rest when the run was ended meanwhile', async () => {
    const nodes: Node[] = [
      { ...item('bad', 1), answer: { status: 'failed', error: 'no' } },
      { ...item('adder', 2), adds: [{ node: { id: 'new' } }] },
    ];
    expect((await simulate(nodes)).ended).toEqual({ bad: 'failed', adder: 'succeeded', new: 'aborted' });
  });

  test('may be needed by a node that was skipped meanwhile, to no effect', async () => {
    const nodes: Node[] = [
      { ...item('bad', 1), answer: { status: 'failed', error: 'no' } },
      { ...item('adder', 2), adds: [{ node: { id: 'new' }, neededBy: ['join'] }] },
      { id: 'join', needs: ['bad', 'adder'] },
    ];
    const { ended } = await simulate(nodes, { onFailure: 'skip_dependents' });
    expect(ended).toEqual({ bad: 'failed', join: 'dependency_failed', adder: 'succeeded', new: 'succeeded' });
  });
});

test.each<[string, NodeSpec<Node>[], object]>([
  ['an id that exists', [{ node: { id: 'x' } }, { node: { id: 'free' } }], { code: 'duplicate_id', id: 'free' }],
  ['an id of a node that joined before', [{ node: { id: 'early' } }], { code: 'duplicate_id', id: 'early' }],
  ['one id twice', [{ node: { id: 'x' } }, { node: { id: 'x' } }], { code: 'duplicate_id', id: 'x' }],
  [
    'a need that does not exist',
    [{ node: { id: 'x', needs: ['erly'] } }],
    { code: 'unknown_need', id: 'x', need: 'erly', nearest: 'early' },
  ],
  [
    'a dependent that does not exist',
    [{ node: { id: 'x' }, neededBy: ['jion'] }],
    { message: '`x` is needed by `jion`, but there is no such node. Did you mean `join`?' },
  ],
  [
    'a dependent that has started',
    [{ node: { id: 'x' }, neededBy: ['free'] }],
    { code: 'already_started', id: 'x', neededBy: 'free' },
  ],
  [
    'a cycle among those that join',
    [{ node: { id: 'x', needs: ['y'] } }, { node: { id: 'y', needs: ['x'] } }],
    { code: 'cycle', path: ['x', 'y', 'x'] },
  ],
  [
    'a cycle through nodes that wait',
    [{ node: { id: 'x', needs: ['after'] }, neededBy: ['join'] }],
    { code: 'cycle', path: ['x', 'after', 'join', 'x'] },
  ],
])('what does not fit fails the node that adds it, and touches nothing else: %s', async (_, adds, error) => {
  const nodes: Node[] = [
    { id: 'first', adds: [{ node: { id: 'early' } }] },
    { ...item('free', 9) },
    { ...item('adder', 1), adds: [{ node: { id: 'good' }, neededBy: ['join'] }, ...adds] },
    { id: 'join', needs: ['adder', 'free'] },
    { id: 'after', needs: ['join'] },
  ];
  const { outcomes, ended, starts } = await simulate(nodes, { onFailure: 'continue' });
  expect(outcomes.get('adder')).toMatchObject({ status: 'failed', error });
  expect(ended).toEqual({
    first: 'succeeded',
    early: 'succeeded',
    free: 'succeeded',
    adder: 'failed',
    join: 'succeeded',
    after: 'succeeded',
  });
  expect(starts['join']).toBe(9);
});

describe('outcomes known beforehand', () => {
  const adds = (ids: string[]) => ids.map((id) => ({ node: { id }, neededBy: ['join'] }));
  const nodes: Node[] = [{ id: 'after', needs: ['join'] }, { id: 'join', needs: ['expand'] }, { id: 'expand' }];
  const known = (value: string, add?: NodeSpec<Node>[]) =>
    ({ status: 'succeeded', value, ...(add && { add }) }) as const;

  test('of a fan-out bring its items back, and of the items those that are done', async () => {
    const initial = new Map([
      ['expand', known('old', adds(['a1', 'a2']))],
      ['a1', known('old a1')],
    ]);
    const { starts, seen } = await simulate(nodes, { initial });
    expect(Object.keys(starts)).toEqual(['a2', 'join', 'after']);
    expect(seen['join']).toEqual(['old', 'old a1', 'a2']);
  });

  test('of the join, too, leave only what is not known to run', async () => {
    const initial = new Map([
      ['expand', known('old', adds(['a1']))],
      ['join', known('old join')],
    ]);
    const { starts, seen } = await simulate(nodes, { initial });
    expect(Object.keys(starts).toSorted()).toEqual(['a1', 'after']);
    expect(seen['after']).toEqual(['old join']);
  });
});

test('20 000 nodes of which each adds the next need no recursion', async () => {
  const built = buildDag<{ id: string }>([{ id: '0' }]);
  if (!built.ok) throw built.error;
  const next = (id: string) => ({
    status: 'succeeded' as const,
    value: id,
    ...(Number(id) < 20_000 && { add: [{ node: { id: `${Number(id) + 1}`, needs: [id] } }] }),
  });
  const { outcomes } = await runDag<{ id: string }, string>(built.value, ({ id }) => next(id));
  expect(outcomes.size).toBe(20_001);
  const initial = new Map([...outcomes.keys()].map((id) => [id, next(id)]));
  const again = await runDag<{ id: string }, string>(built.value, () => expect.unreachable(), { initial });
  expect([again.status, again.outcomes.size]).toEqual(['succeeded', 20_001]);
});
