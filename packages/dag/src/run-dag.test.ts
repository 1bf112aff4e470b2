import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Dag } from './build-dag.ts';
import type { Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { RunOptions } from './run-dag.ts';

type Node = { readonly id: string; readonly needs: readonly string[] };

function dagOf(needs: Record<string, string[]>): Dag<Node> {
  const built = buildDag(Object.entries(needs).map(([id, needs]) => ({ id, needs })));
  if (!built.ok) throw built.error;
  return built.value;
}

const done = (value: string): Outcome<string> => ({ status: 'succeeded', value });
const failed = (error: unknown): Outcome<string> => ({ status: 'failed', error });

/** Runs each node by the function with its id, or lets it succeed with its id; notes what was started. */
async function runBy(
  dag: Dag<Node>,
  acts: Record<string, () => Outcome<string> | Promise<Outcome<string>>>,
  options: RunOptions<Node, string> = {},
) {
  const started: string[] = [];
  const result = await runDag<Node, string>(
    dag,
    ({ id }) => {
      started.push(id);
      const act = acts[id];
      return act ? act() : done(id);
    },
    options,
  );
  const outcomes = Object.fromEntries(
    [...result.outcomes].map(([id, outcome]) => [id, outcome.status === 'skipped' ? outcome.reason : outcome.status]),
  );
  return { status: result.status, started, outcomes, result };
}

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
