import { describe, expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Ending } from './build-dag.ts';
import type { FinalOutcome, Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { FailurePolicy, RunOptions } from './run-dag.ts';

type Node = {
  readonly id: string;
  readonly needs: readonly string[];
  readonly accepts?: { readonly [need: string]: readonly Ending[] };
};
type Answer = Outcome<string, Node>;

const done: Answer = { status: 'succeeded', value: 'done' };
const failed: Answer = { status: 'failed', error: 'no' };
const concluded: FinalOutcome<string> = { status: 'succeeded', value: 'concluded' };

/** `a` and `b` run until they are told how they end, after the run was stopped. Those called `join…` conclude. */
async function stopped(how: 'drain' | 'signal' | 'abort', needs: Record<string, string[]>, more: More = {}) {
  const { a = done, b = done, conclusion = concluded, accepted = ['succeeded'], onFailure } = more;
  const nodes = Object.entries({ a: [], b: [], ...needs }).map(([id, of]): Node => {
    const accepts = Object.fromEntries(of.map((need) => [need, accepted]));
    return { id, needs: of, ...(id.startsWith('join') && { accepts }) };
  });
  const built = buildDag(nodes);
  if (!built.ok) throw built.error;
  const stop = new AbortController();
  const started: string[] = [];
  const told: string[] = [];
  const answers = new Map<string, (answer: Answer) => void>();
  const options: RunOptions<Node, string> = {
    ...{ onFailure, [how === 'signal' ? 'signal' : 'drain']: stop.signal },
    onSettle: ({ id }, { status }) => void told.push(`${id} ${status}`),
    conclude: ({ id }) => (id.startsWith('join') ? conclusion : undefined),
  };
  const running = runDag<Node, string>(
    built.value,
    ({ id }) => {
      started.push(id);
      return new Promise((resolve) => answers.set(id, resolve));
    },
    options,
  );
  if (how !== 'abort') stop.abort();
  answers.get('b')!(how === 'abort' ? failed : b);
  await Promise.resolve();
  answers.get('a')!(a);
  const { status, outcomes } = await running;
  const ends = [...outcomes].map(([id, one]) => [id, one.status === 'skipped' ? one.reason : one.status] as const);
  return { status, ends: Object.fromEntries(ends), started, told };
}

type More = {
  readonly a?: Answer;
  readonly b?: Answer;
  readonly conclusion?: FinalOutcome<string>;
  /** By those that conclude. */
  readonly accepted?: readonly Ending[];
  readonly onFailure?: FailurePolicy;
};

describe('when a run was stopped, a node that concludes what its needs came to', () => {
  test.each([
    ['drain', 'succeeded'],
    ['signal', 'canceled'],
    ['abort', 'failed'],
  ] as const)('does so once they have ended, without a start: %s', async (how, status) => {
    const run = await stopped(how, { join: ['a'], join2: ['join'] });
    expect(run).toMatchObject({ status, ends: { a: 'succeeded', join: 'succeeded', join2: 'succeeded' } });
    expect(run.started).toEqual(['a', 'b']);
    expect(run.told.filter((one) => one.startsWith('join'))).toEqual(['join succeeded', 'join2 succeeded']);
  });

  test.each(['drain', 'signal', 'abort'] as const)(
    'is skipped when one could not start, however it may end: %s',
    async (how) => {
      const accepted = ['succeeded', 'failed', 'skipped'] as const;
      const { ends } = await stopped(how, { c: ['a'], join: ['a', 'c'] }, { accepted, onFailure: 'abort' });
      const reason = how === 'abort' ? 'aborted' : 'canceled';
      expect(ends).toMatchObject({ c: reason, join: reason });
    },
  );

  test('is skipped when one of them was stopped, or waits', async () => {
    const canceled: Answer = { status: 'skipped', reason: 'canceled' };
    expect((await stopped('signal', { join: ['a'] }, { a: canceled })).ends['join']).toBe('canceled');
    const waits: Answer = { status: 'waiting', reason: 'approval' };
    expect((await stopped('drain', { join: ['a'] }, { a: waits })).ends['join']).toBe('canceled');
  });

  test('is skipped when one of them failed', async () => {
    expect((await stopped('signal', { join: ['a'] }, { a: failed })).ends['join']).toBe('canceled');
    expect((await stopped('drain', { join: ['a'] }, { a: failed })).ends['join']).toBe('dependency_failed');
  });

  test('lets nothing start that needs it, and its failure counts', async () => {
    const graph = { join: ['a'], after: ['join'] };
    const run = await stopped('drain', graph);
    expect(run).toMatchObject({ status: 'canceled', started: ['a', 'b'], ends: { after: 'canceled' } });
    const fails = { conclusion: { status: 'failed', error: 'no' } } as const;
    expect(await stopped('drain', graph, fails)).toMatchObject({
      status: 'failed',
      ends: { join: 'failed', after: 'dependency_failed' },
    });
  });
});
