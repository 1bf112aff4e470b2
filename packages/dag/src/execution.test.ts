import { getEventListeners } from 'node:events';
import { FakeClock } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { runDag } from './run-dag.ts';
import { dagOf, done, failed, runBy } from './testing/run-by.ts';
import type { Node } from './testing/run-by.ts';

describe('a signal', () => {
  test('that aborts reaches what runs, and nothing more starts', async () => {
    const controller = new AbortController();
    const running = runDag<Node, string>(
      dagOf({ a: [], b: [], c: ['a'], d: [] }),
      ({ id }, { signal }) =>
        new Promise((resolve, reject) => {
          signal.addEventListener('abort', () => (id === 'a' ? resolve(done('late')) : reject(signal.reason as Error)));
        }),
      { concurrency: 2, signal: controller.signal },
    );
    controller.abort(new Error('enough'));
    const { status, outcomes } = await running;
    expect(status).toBe('canceled');
    expect(Object.fromEntries(outcomes)).toEqual({
      a: { status: 'succeeded', value: 'late' },
      b: { status: 'failed', error: new Error('enough') },
      c: { status: 'skipped', reason: 'canceled' },
      d: { status: 'skipped', reason: 'canceled' },
    });
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });

  test('that aborts makes the failures it causes skip nobody as failed', async () => {
    const controller = new AbortController();
    const run = runBy(
      dagOf({ a: [], b: ['a'] }),
      { a: async () => failed(controller.abort()) },
      { signal: controller.signal, onFailure: 'skip_dependents' },
    );
    expect(await run).toMatchObject({ status: 'canceled', outcomes: { a: 'failed', b: 'canceled' } });
  });

  test('that aborts in the middle of nodes that answer at once is heeded before the next of them', async () => {
    const controller = new AbortController();
    const acts = { b: () => (controller.abort(), done('b')) };
    const run = await runBy(dagOf({ a: [], b: ['a'], c: ['b'] }), acts, { signal: controller.signal });
    expect(run).toMatchObject({ status: 'canceled', started: ['a', 'b'], outcomes: { b: 'succeeded', c: 'canceled' } });
  });

  test('that has aborted before lets nothing start, but keeps what is known', async () => {
    const initial = new Map([['a', { status: 'succeeded', value: 'known' }]] as const);
    const run = await runBy(dagOf({ a: [], b: ['a'] }), {}, { signal: AbortSignal.abort(), initial });
    expect(run).toMatchObject({ status: 'canceled', started: [], outcomes: { a: 'succeeded', b: 'canceled' } });
  });

  test('ends a delay, and a wait for the queue', async () => {
    const clock = new FakeClock();
    for (const options of [{ clock }, { queue: { offer() {}, take: () => undefined, release() {}, wake() {} } }]) {
      const controller = new AbortController();
      const acts = { a: () => ({ status: 'retry', afterMs: 1_000 }) as const };
      const run = runBy(dagOf({ a: [] }), acts, { ...options, signal: controller.signal });
      await clock.advance(10);
      controller.abort();
      expect(await run).toMatchObject({ status: 'canceled', outcomes: { a: 'canceled' } });
    }
    expect(clock.sleeping).toBe(0);
  });
});

describe('retry', () => {
  test('runs the node again after its delay, which holds no slot', async () => {
    const clock = new FakeClock();
    const told: string[] = [];
    const running = runDag<Node, string>(
      dagOf({ a: [], b: [], c: ['a'] }),
      async ({ id }, { attempt }) => {
        if (id !== 'a') return done(id);
        return attempt < 3 ? { status: 'retry', afterMs: attempt * 100 } : done('third time');
      },
      {
        concurrency: 1,
        clock,
        onStart: ({ id }, attempt) => void told.push(`${id}${attempt} at ${clock.monotonic()}`),
      },
    );
    await clock.advance(1_000);
    expect((await running).outcomes.get('a')).toEqual(done('third time'));
    expect(told).toEqual(['a1 at 0', 'b1 at 0', 'a2 at 100', 'a3 at 300', 'c1 at 300']);
  });

  test('is given up when a failure elsewhere ends the run', async () => {
    const clock = new FakeClock();
    const acts = { a: () => ({ status: 'retry', afterMs: 1_000 }) as const, b: async () => failed('no') };
    expect(await runBy(dagOf({ a: [], b: [] }), acts, { clock })).toMatchObject({
      status: 'failed',
      outcomes: { a: 'aborted', b: 'failed' },
    });
    await clock.advance(0);
    expect(clock.sleeping).toBe(0);
  });

  test('waits by the timers of the process unless a clock is given', async () => {
    let calls = 0;
    const acts = { a: () => (calls++ === 0 ? ({ status: 'retry', afterMs: 1 } as const) : done('a')) };
    expect(await runBy(dagOf({ a: [] }), acts)).toMatchObject({ status: 'succeeded', started: ['a', 'a'] });
  });

  test('breaks the run when the clock breaks', async () => {
    const clock = { sleep: () => Promise.reject(new Error('no clock')) };
    await expect(runBy(dagOf({ a: [] }), { a: () => ({ status: 'retry', afterMs: 1 }) }, { clock })).rejects.toThrow(
      'no clock',
    );
  });
});

describe('an error of a hook', () => {
  test.each(['b', 'ba'])(
    'rejects with the first of them (at %s) once what runs has seen the signal and ended',
    async (at) => {
      const told: string[] = [];
      const running = runDag<Node, string>(
        dagOf({ a: [], b: [], c: ['b'], d: [] }),
        ({ id }, { signal }) =>
          id === 'b'
            ? Promise.resolve(done('b'))
            : new Promise((resolve) => signal.addEventListener('abort', () => resolve(done(id)))),
        {
          concurrency: 2,
          onStart: ({ id }) => void told.push(`${id} starts`),
          onSettle: ({ id }) => {
            told.push(`${id} ends`);
            if (at.includes(id)) throw new Error(`disc full at ${id}`);
          },
        },
      );
      await expect(running).rejects.toThrow('disc full at b');
      expect(told).toEqual(['a starts', 'b starts', 'b ends', 'a ends']);
    },
  );

  test.each(['onStart', 'onSettle', 'onFailure'] as const)(
    'rejects also when %s breaks while nothing else runs',
    async (hook) => {
      const broken = {
        [hook]: () => {
          throw new Error('broken');
        },
      };
      await expect(runBy(dagOf({ a: [], b: [] }), { a: () => failed('no') }, broken)).rejects.toThrow('broken');
    },
  );
});
