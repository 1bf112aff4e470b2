import { getEventListeners } from 'node:events';
import { FakeClock } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Outcome } from './outcome.ts';
import { createFifo } from './queue.ts';
import type { Queue } from './queue.ts';
import { runDag } from './run-dag.ts';
import type { RunOptions } from './run-dag.ts';

type Node = { readonly id: string; readonly needs: readonly string[] };
type Answer = Outcome<string, Node>;
type Options = Omit<RunOptions<Node, string>, 'drain' | 'signal' | 'clock'>;

const done: Answer = { status: 'succeeded', value: 'done' };
const failed: Answer = { status: 'failed', error: 'no' };
const waiting: Answer = { status: 'waiting', reason: 'approval' };
const retry: Answer = { status: 'retry', afterMs: 1_000 };

/** A run that stands still between what a test does to it: a node ends when it is told how. */
function startRun(needs: Record<string, string[]>, options: Options = {}) {
  const built = buildDag(Object.entries(needs).map(([id, needs]) => ({ id, needs })));
  if (!built.ok) throw built.error;
  const [drain, abort, clock] = [new AbortController(), new AbortController(), new FakeClock()];
  const started: string[] = [];
  const saw: string[] = [];
  const answers = new Map<string, (answer: Answer) => void>();
  const start = () =>
    runDag<Node, string>(
      built.value,
      ({ id }, { signal }) => {
        started.push(id);
        signal.addEventListener('abort', () => saw.push(id));
        return new Promise<Answer>((resolve) => answers.set(id, resolve));
      },
      { ...options, clock, drain: drain.signal, signal: abort.signal },
    ).then(({ status, outcomes }) => {
      const ends = [...outcomes].map(([id, one]) => [id, one.status === 'skipped' ? one.reason : one.status] as const);
      return { status, ends: Object.fromEntries(ends) };
    });
  const answer = async (id: string, how: Answer = done) => {
    answers.get(id)!(how);
    await clock.advance(0);
  };
  return { start, drain, abort, clock, started, saw, answer };
}

const graph = { a: [], b: [], c: ['a'], d: ['c'] };

describe('a drain before the start', () => {
  test('lets nothing start', async () => {
    const run = startRun(graph);
    run.drain.abort();
    expect(await run.start()).toEqual({
      status: 'canceled',
      ends: { a: 'canceled', b: 'canceled', c: 'canceled', d: 'canceled' },
    });
    expect(run.started).toEqual([]);
  });

  test.each([
    ['succeeded', done],
    ['failed', failed],
    ['waiting', waiting],
  ] as const)('of what has ended already changes nothing: %s', async (status, known) => {
    const run = startRun({ a: [] }, { initial: new Map([['a', known]]) });
    run.drain.abort();
    expect(await run.start()).toEqual({ status, ends: { a: status } });
  });
});

describe('a drain while nodes run', () => {
  test.each([
    ['succeeds', {}, done, { a: 'succeeded', c: 'canceled', d: 'canceled' }],
    ['fails', {}, failed, { a: 'failed', c: 'dependency_failed', d: 'dependency_skipped' }],
    ['fails, which is accepted,', { onFailure: 'continue' }, failed, { a: 'failed', c: 'canceled', d: 'canceled' }],
    ['parks', {}, waiting, { a: 'waiting', c: 'canceled', d: 'canceled' }],
    ['asks for a retry', {}, retry, { a: 'canceled', c: 'canceled', d: 'canceled' }],
    [
      'adds nodes',
      {},
      { ...done, add: [{ node: { id: 'new', needs: [] } }] },
      { a: 'succeeded', c: 'canceled', d: 'canceled', new: 'canceled' },
    ],
  ] as const)('lets them finish unseen, and skips the rest: one %s', async (_, options, how, ends) => {
    const run = startRun({ ...graph, e: ['b'] }, options);
    const result = run.start();
    run.drain.abort();
    await run.answer('a', how);
    await run.answer('b');
    expect(await result).toEqual({ status: 'canceled', ends: { ...ends, b: 'succeeded', e: 'canceled' } });
    expect([run.started, run.saw, run.clock.sleeping]).toEqual([['a', 'b'], [], 0]);
  });

  test.each([
    ['succeeded', done],
    ['failed', failed],
    ['waiting', waiting],
  ] as const)('that are the last changes nothing: %s', async (status, how) => {
    const run = startRun({ a: [] });
    const result = run.start();
    run.drain.abort();
    await run.answer('a', how);
    expect(await result).toEqual({ status, ends: { a: status } });
  });

  test('changes nothing when the last to run fails what is left', async () => {
    const run = startRun({ a: [], c: ['a'] });
    const result = run.start();
    run.drain.abort();
    await run.answer('a', failed);
    expect(await result).toEqual({ status: 'failed', ends: { a: 'failed', c: 'dependency_failed' } });
  });

  test('leaves those alone that no slot was free for', async () => {
    const run = startRun(graph, { concurrency: 1 });
    const result = run.start();
    run.drain.abort();
    await run.answer('a');
    expect(await result).toMatchObject({ status: 'canceled', ends: { a: 'succeeded', b: 'canceled' } });
  });

  test('cancels what a failure was to abort', async () => {
    const run = startRun({ ...graph, e: ['b'] });
    const result = run.start();
    await run.answer('a', failed);
    run.drain.abort();
    await run.answer('b');
    expect(await result).toMatchObject({ status: 'canceled', ends: { c: 'dependency_failed', e: 'canceled' } });
  });

  test('is heeded before the next of nodes that answer at once', async () => {
    const drain = new AbortController();
    const built = buildDag(Object.entries(graph).map(([id, needs]) => ({ id, needs })));
    const started: string[] = [];
    const answer = ({ id }: Node): Answer => {
      started.push(id);
      if (id === 'b') drain.abort();
      return done;
    };
    if (!built.ok) throw built.error;
    const { status } = await runDag<Node, string>(built.value, answer, { drain: drain.signal });
    expect([status, started]).toEqual(['canceled', ['a', 'b']]);
  });
});

describe('a drain during the wait for a retry', () => {
  test('ends it at once', async () => {
    const run = startRun(graph);
    const result = run.start();
    await run.answer('b');
    await run.answer('a', retry);
    expect(run.clock.sleeping).toBe(1);
    run.drain.abort();
    expect(await result).toMatchObject({ status: 'canceled', ends: { a: 'canceled', c: 'canceled' } });
    expect([run.clock.sleeping, run.clock.monotonic()]).toEqual([0, 0]);
  });

  test('ends it at once also while others run, and is no fault of the clock', async () => {
    const run = startRun(graph);
    const result = run.start();
    await run.answer('a', retry);
    run.drain.abort();
    expect(run.clock.sleeping).toBe(0);
    await run.clock.advance(10_000);
    expect(run.started).toEqual(['a', 'b']);
    await run.answer('b');
    expect(await result).toMatchObject({ status: 'canceled', ends: { a: 'canceled', b: 'succeeded' } });
  });
});

describe('a drain while the queue holds nodes back', () => {
  const closed = (): Queue<Node> => ({ ...createFifo<Node>(), take: () => undefined, wake() {} });

  test('ends the run when nothing runs', async () => {
    const run = startRun({ a: [] }, { queue: closed() });
    const result = run.start();
    await run.clock.advance(0);
    run.drain.abort();
    expect(await result).toEqual({ status: 'canceled', ends: { a: 'canceled' } });
  });

  test('waits only for what runs, however often the queue opens', async () => {
    const fifo = createFifo<Node>();
    let [places, again] = [1, () => {}];
    const queue: Queue<Node> = {
      ...fifo,
      take: () => (places-- > 0 ? fifo.take() : undefined),
      wake: (callback) => void (again = callback),
    };
    const run = startRun({ a: [], b: [] }, { queue });
    const result = run.start();
    run.drain.abort();
    places = Infinity;
    again();
    await run.answer('a');
    expect(await result).toEqual({ status: 'canceled', ends: { a: 'succeeded', b: 'canceled' } });
  });
});

describe('drain and signal', () => {
  const then = {
    drain: (run: ReturnType<typeof startRun>) => run.drain.abort(),
    signal: (run: ReturnType<typeof startRun>) => run.abort.abort(),
  };

  test.each([[['drain', 'signal']], [['signal', 'drain']], [['signal', 'signal']]] as const)(
    '%j: what runs sees the signal, its failure skips nobody as failed',
    async (order) => {
      const run = startRun(graph);
      const result = run.start();
      for (const which of order) {
        then[which](run);
        await run.clock.advance(0);
        expect(run.saw).toEqual(order[0] === 'drain' && which === 'drain' ? [] : ['a', 'b']);
      }
      await run.answer('a', failed);
      await run.answer('b');
      expect(await result).toEqual({
        status: 'canceled',
        ends: { a: 'failed', b: 'succeeded', c: 'canceled', d: 'canceled' },
      });
    },
  );

  test('the signal cancels also a run whose last node was draining', async () => {
    const run = startRun({ a: [] });
    const result = run.start();
    run.drain.abort();
    run.abort.abort();
    await run.answer('a');
    expect(await result).toEqual({ status: 'canceled', ends: { a: 'succeeded' } });
  });

  test('after the end nobody listens to either', async () => {
    const run = startRun({ a: [] });
    const result = run.start();
    await run.answer('a');
    expect(await result).toEqual({ status: 'succeeded', ends: { a: 'succeeded' } });
    expect([run.drain, run.abort].flatMap(({ signal }) => getEventListeners(signal, 'abort'))).toEqual([]);
    run.drain.abort();
    run.abort.abort();
    expect(run.saw).toEqual([]);
  });

  test('an error of a hook while draining still breaks the run', async () => {
    const run = startRun(graph, {
      onSettle() {
        throw new Error('disc full');
      },
    });
    const broken = expect(run.start()).rejects.toThrow('disc full');
    run.drain.abort();
    await run.answer('b');
    expect(run.saw).toContain('a');
    await run.answer('a');
    await broken;
  });
});
