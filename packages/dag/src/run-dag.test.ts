import { expect, test } from 'vitest';
import { runDag } from './run-dag.ts';
import { dagOf, done, failed, runBy } from './testing/run-by.ts';
import type { Node } from './testing/run-by.ts';

test('a node gets the values of its direct needs, and only those', async () => {
  const dag = dagOf({ a: [], b: ['a'], c: ['b', 'a'], d: ['c'] });
  const seen: Record<string, object> = {};
  const result = await runDag<Node, string>(dag, async ({ id }, { needs, attempt }) => {
    seen[id] = { ...Object.fromEntries(needs), attempt };
    return done(id.toUpperCase());
  });
  expect(seen).toEqual({
    a: { attempt: 1 },
    b: { a: 'A', attempt: 1 },
    c: { a: 'A', b: 'B', attempt: 1 },
    d: { c: 'C', attempt: 1 },
  });
  expect(result.status).toBe('succeeded');
  expect([...result.outcomes.keys()]).toEqual(['a', 'b', 'c', 'd']);
});

test('an empty graph succeeds', async () => {
  expect(await runBy(dagOf({}), {})).toMatchObject({ status: 'succeeded', outcomes: {} });
});

test('one graph may be run many times, also at once', async () => {
  const dag = dagOf({ a: [], b: ['a'] });
  const runs = await Promise.all([runBy(dag, { a: async () => done('x') }), runBy(dag, { a: () => failed('no') })]);
  expect(runs.map(({ status }) => status)).toEqual(['succeeded', 'failed']);
  expect((await runBy(dag, {})).started).toEqual(['a', 'b']);
});

test.each([0, -1, 1.5, NaN])('a concurrency of %s is refused', async (concurrency) => {
  await expect(runBy(dagOf({ a: [] }), {}, { concurrency })).rejects.toThrow(
    'Expected `concurrency` to be a whole number',
  );
});

test('the hooks tell every start and every end in order, retries and skipped nodes included', async () => {
  const told: string[] = [];
  const acts = [{ status: 'retry', afterMs: 0 }, failed('no')] as const;
  let calls = 0;
  await runBy(
    dagOf({ a: [], b: ['a'], c: ['b'], d: ['a'] }),
    { b: () => acts[calls++]! },
    {
      onFailure: 'skip_dependents',
      clock: { sleep: async () => {} },
      onStart: ({ id }, attempt) => void told.push(`${id} starts ${attempt}`),
      onSettle: ({ id }, { status }) => void told.push(`${id} ${status}`),
    },
  );
  expect(told).toEqual([
    'a starts 1',
    'a succeeded',
    'b starts 1',
    'd starts 1',
    'd succeeded',
    'b starts 2',
    'b failed',
    'c skipped',
  ]);
});
