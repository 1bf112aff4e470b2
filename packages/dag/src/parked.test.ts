import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { RunOptions } from './run-dag.ts';

type Node = { readonly id: string; readonly needs?: readonly string[] };
type Act = (attempt: number) => Outcome<string> | Promise<Outcome<string>>;

/** Runs nodes by the functions with their ids, or lets them succeed; notes what was started and how what ended. */
async function runBy(nodes: readonly Node[], acts: Record<string, Act>, options: RunOptions<Node, string> = {}) {
  const dag = buildDag(nodes);
  if (!dag.ok) throw dag.error;
  const told: string[] = [];
  const { status, outcomes } = await runDag<Node, string>(
    dag.value,
    ({ id }, { attempt }) => {
      told.push(`${id} ${attempt}`);
      return acts[id]?.(attempt) ?? done(id);
    },
    { ...options, onSettle: ({ id }, outcome) => void told.push(`${id} ${outcome.status}`) },
  );
  return { status, told, outcomes: Object.fromEntries([...outcomes].map(([id, outcome]) => [id, outcome.status])) };
}

const done = (value: string): Outcome<string> => ({ status: 'succeeded', value });
const waiting = (until?: Promise<unknown>): Outcome<string> => ({ status: 'waiting', reason: 'a person', until });

test('a node that waits until something is tried again when that settles while others run, and then passes its dependents', async () => {
  const answer = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  const { status, told, outcomes } = await runBy([{ id: 'ask' }, { id: 'after', needs: ['ask'] }, { id: 'other' }], {
    ask: (attempt) => (attempt === 1 ? waiting(answer.promise) : done('answered')),
    after: () => (go.resolve(), done('after')),
    other: async () => {
      answer.resolve();
      await go.promise;
      return done('other');
    },
  });
  expect({ status, outcomes }).toEqual({
    status: 'succeeded',
    outcomes: { ask: 'succeeded', after: 'succeeded', other: 'succeeded' },
  });
  expect(told).toEqual([
    ...['ask 1', 'ask waiting', 'other 1', 'ask 2', 'ask succeeded'],
    ...['after 1', 'after succeeded', 'other succeeded'],
  ]);
});

test.each([
  ['nothing it could wait for settles', new Promise(() => undefined)],
  ['it waits for nothing that it names', undefined],
])('the run ends as waiting when nothing else can run and %s', async (_, until) => {
  const ran = await runBy([{ id: 'ask' }, { id: 'after', needs: ['ask'] }], { ask: () => waiting(until) });
  expect(ran).toMatchObject({ status: 'waiting', outcomes: { ask: 'waiting' }, told: ['ask 1', 'ask waiting'] });
});

test('a wait that breaks off has settled too: the node says itself what that means', async () => {
  const { status } = await runBy([{ id: 'ask' }, { id: 'other' }], {
    ask: (attempt) => (attempt === 1 ? waiting(Promise.reject(new Error('over'))) : done('asked again')),
    other: () => new Promise((resolve) => setImmediate(() => resolve(done('other')))),
  });
  expect(status).toBe('succeeded');
});

test('what waits stays parked when the run is drained or has failed before its answer comes', async () => {
  const stop = new AbortController();
  const answer = Promise.withResolvers<void>();
  const other = async (outcome: Outcome<string>) => {
    stop.abort();
    answer.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    return outcome;
  };
  const nodes = [{ id: 'ask' }, { id: 'other' }];
  const acts = { ask: () => waiting(answer.promise), other: () => other(done('other')) };
  expect(await runBy(nodes, acts, { drain: stop.signal })).toMatchObject({
    status: 'waiting',
    told: ['ask 1', 'ask waiting', 'other 1', 'other succeeded'],
  });
});

test('of two that wait, the one that was answered does not take the other along', async () => {
  const { status, outcomes } = await runBy([{ id: 'one' }, { id: 'two' }, { id: 'other' }], {
    one: (attempt) => (attempt === 1 ? waiting(Promise.resolve()) : done('one')),
    two: () => waiting(),
    other: () => new Promise((resolve) => setImmediate(() => resolve(done('other')))),
  });
  expect({ status, outcomes }).toEqual({
    status: 'waiting',
    outcomes: { two: 'waiting', one: 'succeeded', other: 'succeeded' },
  });
});
