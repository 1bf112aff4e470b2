import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Dag } from './build-dag.ts';
import { createFifo } from './queue.ts';
import type { Queue } from './queue.ts';
import { runDag } from './run-dag.ts';
import type { RunOptions } from './run-dag.ts';

type Node = { readonly id: string; readonly needs?: readonly string[] };

function dagOf(...nodes: Node[]): Dag<Node> {
  const built = buildDag(nodes);
  if (!built.ok) throw built.error;
  return built.value;
}

const four = dagOf({ id: 'a' }, { id: 'b' }, { id: 'c' }, { id: 'd', needs: ['a'] });

async function startsOf(dag: Dag<Node>, options: RunOptions<Node, string>) {
  const starts: string[] = [];
  const { status } = await runDag<Node, string>(
    dag,
    async ({ id }) => {
      starts.push(id);
      return { status: 'succeeded', value: id };
    },
    options,
  );
  expect(status).toBe('succeeded');
  return starts;
}

test('the queue decides the order of what is ready', async () => {
  const ready: Node[] = [];
  const lastIn: Queue<Node> = { offer: (node) => void ready.push(node), take: () => ready.pop(), release() {} };
  expect(await startsOf(four, { concurrency: 1, queue: lastIn })).toEqual(['c', 'b', 'a', 'd']);
});

test('without a queue the first ready is the first started', async () => {
  expect(await startsOf(four, { concurrency: 1 })).toEqual(['a', 'b', 'c', 'd']);
});

test('every node taken is released once, as soon as its attempt is over', async () => {
  const told: string[] = [];
  const fifo = createFifo<Node>();
  const queue: Queue<Node> = {
    ...fifo,
    take() {
      const node = fifo.take();
      if (node) told.push(`take ${node.id}`);
      return node;
    },
    release: ({ id }) => void told.push(`release ${id}`),
  };
  const answers: Record<string, string[]> = {
    a: ['retry', 'succeeded'],
    b: ['waiting'],
    c: ['failed'],
    d: ['succeeded'],
  };
  await runDag<Node, string>(
    four,
    async ({ id }) => ({ status: answers[id]?.shift(), value: '', afterMs: 0, error: '', reason: '' }) as never,
    { queue, concurrency: 1, onFailure: 'continue', clock: { sleep: async () => {} } },
  );
  expect(told).toEqual(['a', 'b', 'c', 'a', 'd'].flatMap((id) => [`take ${id}`, `release ${id}`]));
});

test('a node that is given a need, or skipped, while it is queued is not run but gives its place back', async () => {
  const ready: Node[] = [];
  const places: string[] = [];
  const lastIn: Queue<Node> = {
    offer: (node) => void ready.push(node),
    take() {
      const node = ready.pop();
      if (node) places.push(node.id);
      return node;
    },
    release: ({ id }) => void places.splice(places.indexOf(id), 1),
  };
  const add = [
    { node: { id: 'bad' }, neededBy: ['skipped'] },
    { node: { id: 'slow', needs: ['later'] }, neededBy: ['held'] },
  ];
  const starts: string[] = [];
  const { outcomes } = await runDag<Node, string>(
    dagOf({ id: 'later' }, { id: 'held' }, { id: 'skipped' }, { id: 'adder' }),
    async ({ id }) => {
      starts.push(id);
      if (id === 'bad') return { status: 'failed', error: 'no' };
      return { status: 'succeeded', value: id, ...(id === 'adder' && { add }) };
    },
    { queue: lastIn, concurrency: 1, onFailure: 'skip_dependents' },
  );
  expect(starts).toEqual(['adder', 'bad', 'later', 'slow', 'held']);
  expect(outcomes.get('skipped')).toEqual({ status: 'skipped', reason: 'dependency_failed' });
  expect(places).toEqual([]);
});

test('a queue that closes its doors is asked again after each release', async () => {
  const fifo = createFifo<Node>();
  let inside = 0;
  let most = 0;
  const two: Queue<Node> = {
    offer: (node) => fifo.offer(node),
    take() {
      const node = inside < 2 ? fifo.take() : undefined;
      if (node) most = Math.max(most, ++inside);
      return node;
    },
    release: () => void inside--,
  };
  const many = dagOf(...Array.from({ length: 20 }, (_, i) => ({ id: `${i}` })));
  expect(await startsOf(many, { queue: two })).toHaveLength(20);
  expect([inside, most]).toEqual([0, 2]);
});

test('a queue that opens by itself wakes the run, which waits for it with nothing running', async () => {
  const fifo = createFifo<Node>();
  let again = () => {};
  let budget = 1;
  let asked = 0;
  const queue: Queue<Node> = {
    ...fifo,
    take() {
      asked++;
      return budget-- > 0 ? fifo.take() : undefined;
    },
    wake: (callback) => void (again = callback),
  };
  const starts: string[] = [];
  const settled = Promise.withResolvers<void>();
  let over = false;
  const running = startsOf(four, {
    queue,
    onStart: ({ id }) => void starts.push(id),
    onSettle: () => settled.resolve(),
  }).then((all) => ((over = true), all));
  await settled.promise;
  expect([starts, over]).toEqual([['a'], false]);
  budget = Infinity;
  again();
  expect(await running).toEqual(['a', 'b', 'c', 'd']);
  asked = 0;
  again();
  expect(asked).toBe(0);
});

test('a queue may wake the run from within `take`, when it refuses and opens at once', async () => {
  const fifo = createFifo<Node>();
  let again = () => {};
  let refusals = 1;
  const queue: Queue<Node> = {
    ...fifo,
    take() {
      if (refusals-- <= 0) return fifo.take();
      again();
      return undefined;
    },
    wake: (callback) => void (again = callback),
  };
  expect(await startsOf(four, { queue })).toHaveLength(4);
});

test('a queue may wake the run at any time without making it recurse', async () => {
  const fifo = createFifo<Node>();
  let again = () => {};
  const queue: Queue<Node> = {
    ...fifo,
    offer(node) {
      fifo.offer(node);
      again();
    },
    wake: (callback) => void (again = callback),
  };
  const chain = dagOf(
    ...Array.from({ length: 20_000 }, (_, i) => ({ id: `${i}`, needs: i === 0 ? [] : [`${i - 1}`] })),
  );
  const { status } = await runDag<Node, string>(chain, ({ id }) => ({ status: 'succeeded', value: id }), { queue });
  expect(status).toBe('succeeded');
});

test('a queue that holds nodes back for ever breaks the run instead of hanging it', async () => {
  const stuck: Queue<Node> = { offer() {}, take: () => undefined, release() {} };
  await expect(startsOf(four, { queue: stuck })).rejects.toThrow('holds nodes back while none is running');
});

test('a queue that gives what it was never offered breaks the run', async () => {
  const confused: Queue<Node> = { offer() {}, take: () => ({ id: 'x' }), release() {} };
  await expect(startsOf(four, { queue: confused })).rejects.toThrow('got `x`');
});

test('the default queue keeps its order while it is filled and emptied', () => {
  const fifo = createFifo<number>();
  const out: (number | undefined)[] = [];
  for (let n = 0; n < 50; n++) {
    fifo.offer(2 * n);
    fifo.offer(2 * n + 1);
    out.push(fifo.take());
  }
  for (let n = 0; n < 51; n++) out.push(fifo.take());
  expect(out).toEqual([...Array(100).keys(), undefined]);
});
