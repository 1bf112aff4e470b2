import { describe, expect, test } from 'vitest';
import type { Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import { dagOf, done, failed, runBy } from './testing/run-by.ts';
import type { Node } from './testing/run-by.ts';

describe('failure', () => {
  const graph = { bad: [], slow: [], after: ['bad'], later: ['after'], afterSlow: ['slow'], queued: [] };

  test('abort: what runs finishes, nothing more starts, the rest is skipped with its reason', async () => {
    const slow = Promise.withResolvers<Outcome<string>>();
    const acts = {
      slow: () => slow.promise,
      bad: async () => failed('no'),
    };
    const settled: string[] = [];
    const run = runBy(dagOf(graph), acts, {
      concurrency: 2,
      onSettle: ({ id }) => {
        settled.push(id);
        if (id === 'later') slow.resolve(done('slow'));
      },
    });
    expect(await run).toMatchObject({
      status: 'failed',
      started: ['bad', 'slow'],
      outcomes: {
        bad: 'failed',
        slow: 'succeeded',
        after: 'dependency_failed',
        later: 'dependency_skipped',
        afterSlow: 'aborted',
        queued: 'aborted',
      },
    });
    expect(settled).toEqual(['bad', 'after', 'later', 'slow', 'queued', 'afterSlow']);
  });

  test('the policy may be chosen for each node, and an accepted failure does not fail the run', async () => {
    const policies = { bad: 'continue', slow: 'skip_dependents' } as Record<string, 'continue' | 'skip_dependents'>;
    const acts = { bad: () => failed('no') };
    const onFailure = ({ id }: Node) => policies[id] ?? 'abort';
    expect(await runBy(dagOf(graph), acts, { onFailure })).toMatchObject({
      status: 'succeeded',
      outcomes: { bad: 'failed', after: 'succeeded', later: 'succeeded' },
    });
    expect(await runBy(dagOf(graph), { ...acts, slow: () => failed('no') }, { onFailure })).toMatchObject({
      status: 'failed',
      outcomes: { after: 'succeeded', slow: 'failed', afterSlow: 'dependency_failed' },
    });
  });

  test.each([
    [
      'a throw',
      () => {
        throw new Error('thrown');
      },
      'thrown',
    ],
    ['a rejection', () => Promise.reject(new Error('rejected')), 'rejected'],
    ['no outcome', () => undefined as never, 'Expected an outcome whose status is one of succeeded, '],
    ['a promise of no outcome', async () => ({ status: 'ok' }) as never, 'got ok.'],
  ])('%s is the failure of that node alone', async (_, act, message) => {
    const { result, outcomes } = await runBy(dagOf({ a: [], b: [] }), { a: act }, { onFailure: 'continue' });
    expect(result.outcomes.get('a')).toMatchObject({
      status: 'failed',
      error: { message: expect.stringContaining(message) },
    });
    expect(outcomes['b']).toBe('succeeded');
  });

  test('a node may skip itself for a reason of its own', async () => {
    const acts = { a: () => ({ status: 'skipped', reason: 'condition' }) as const };
    expect(await runBy(dagOf({ a: [], b: ['a'], c: [] }), acts)).toMatchObject({
      status: 'succeeded',
      outcomes: { a: 'condition', b: 'dependency_skipped', c: 'succeeded' },
    });
  });
});

describe('waiting', () => {
  const graph = { ask: [], publish: ['ask'], a: [], b: ['a'] };
  const ask = () => ({ status: 'waiting', reason: 'approval' }) as const;

  test('parks the node and what needs it, while the rest runs to its end', async () => {
    const settled: string[] = [];
    const run = await runBy(
      dagOf(graph),
      { ask, a: async () => done('a') },
      { onSettle: ({ id }) => void settled.push(id) },
    );
    expect(run).toMatchObject({ status: 'waiting', outcomes: { ask: 'waiting', a: 'succeeded', b: 'succeeded' } });
    expect(run.outcomes).not.toHaveProperty('publish');
    expect(settled).toEqual(['ask', 'a', 'b']);
  });

  test('outlasts a failure that leaves the rest going, but not one that ends the run', async () => {
    const acts = { ask, a: () => failed('no') };
    const run = await runBy(dagOf(graph), acts, { onFailure: 'skip_dependents' });
    expect(run).toMatchObject({ status: 'waiting', outcomes: { a: 'failed', b: 'dependency_failed' } });
    expect(await runBy(dagOf(graph), acts)).toMatchObject({
      status: 'failed',
      outcomes: { ask: 'waiting', publish: 'aborted', b: 'dependency_failed' },
    });
  });
});

describe('outcomes known beforehand', () => {
  test('are not run again, nor told, and dependents see their values', async () => {
    const told: string[] = [];
    const note = ({ id }: Node) => void told.push(id);
    const seen: (string | undefined)[] = [];
    const { status, outcomes } = await runDag<Node, string>(
      dagOf({ c: ['b'], b: ['a'], a: [], d: ['a'] }),
      ({ id }, { needs }) => (seen.push(needs.get('b')), done(id)),
      { initial: new Map([['b', { status: 'succeeded', value: 'kept' }]]), onStart: note, onSettle: note },
    );
    expect(told).toEqual(['a', 'a', 'c', 'c', 'd', 'd']);
    expect(seen).toEqual([undefined, 'kept', undefined]);
    expect([status, outcomes.get('b')]).toEqual(['succeeded', { status: 'succeeded', value: 'kept' }]);
  });

  test('mean for the others what they would mean had they just happened', async () => {
    const dag = dagOf({
      failed: [],
      kept: ['failed'],
      after: ['kept'],
      lost: ['failed', 'unwanted'],
      unwanted: [],
      parked: [],
      pending: ['parked'],
    });
    const initial = new Map([
      ['failed', { status: 'failed', error: 'no' }],
      ['kept', { status: 'succeeded', value: 'kept' }],
      ['unwanted', { status: 'skipped', reason: 'condition' }],
      ['parked', { status: 'waiting', reason: 'approval' }],
    ] as const);
    expect(await runBy(dag, {}, { initial, onFailure: 'skip_dependents' })).toMatchObject({
      status: 'waiting',
      started: ['after'],
      outcomes: {
        failed: 'failed',
        kept: 'succeeded',
        after: 'succeeded',
        lost: 'dependency_failed',
        parked: 'waiting',
      },
    });
    expect(await runBy(dag, {}, { initial })).toMatchObject({
      status: 'failed',
      started: [],
      outcomes: { after: 'aborted' },
    });
  });
});
