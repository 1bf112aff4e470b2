import { FakeClock } from '@orch/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import type { Outcome } from './outcome.ts';
import { runDag } from './run-dag.ts';
import type { FailurePolicy, RunOptions } from './run-dag.ts';

/** `ms`: how long it runs; with 0 it answers at once, without a promise. */
type Node = {
  readonly id: string;
  readonly needs: readonly string[];
  readonly ms: number;
  readonly act: 'succeed' | 'fail' | 'throw' | 'skip';
  readonly policy: FailurePolicy;
};

/** Random graphs whose nodes are given in any order; each needs up to three that were drawn before it. */
const graphsOf = ({ ms, act }: { ms: fc.Arbitrary<number>; act: fc.Arbitrary<Node['act']> }) =>
  fc
    .array(
      fc.record({
        picks: fc.array(fc.nat(), { maxLength: 3 }),
        place: fc.nat(),
        ms,
        act,
        policy: fc.constantFrom<FailurePolicy>('abort', 'skip_dependents', 'skip_dependents', 'continue', 'continue'),
      }),
      { minLength: 1, maxLength: 16 },
    )
    .map((rows) =>
      rows
        .map(({ picks, place, ...rest }, i) => {
          const needs = i === 0 ? [] : [...new Set(picks.map((pick) => `n${pick % i}`))];
          return { place, node: { id: `n${i}`, needs, ...rest } };
        })
        .toSorted((a, b) => a.place - b.place)
        .map(({ node }) => node),
    );

type Happening = { readonly type: 'start' | 'end'; readonly id: string; readonly at: number };

/** Runs nodes under a clock that jumps from one end to the next, and tells what happened when. */
async function simulate(nodes: readonly Node[], options: RunOptions<Node, string> = {}) {
  const built = buildDag(nodes);
  if (!built.ok) throw built.error;
  const clock = new FakeClock();
  const happened: Happening[] = [];
  const seen = new Map<string, Record<string, string>>();
  const note = (type: Happening['type'], id: string) => void happened.push({ type, id, at: clock.monotonic() });
  const running = runDag<Node, string>(
    built.value,
    ({ id, ms, act }, { needs }) => {
      seen.set(id, Object.fromEntries(needs));
      return ms === 0 ? answer(id, act) : clock.sleep(ms).then(() => answer(id, act));
    },
    { ...options, clock, onStart: ({ id }) => note('start', id), onSettle: ({ id }) => note('end', id) },
  );
  await clock.advance(nodes.reduce((sum, { ms }) => sum + ms, 0));
  return { ...(await running), happened, seen };
}

function answer(id: string, act: Node['act']): Outcome<string> {
  if (act === 'throw') throw new Error(id);
  if (act === 'fail') return { status: 'failed', error: new Error(id) };
  return act === 'skip' ? { status: 'skipped', reason: 'condition' } : { status: 'succeeded', value: `of ${id}` };
}

test('every node starts at the very instant its last need has ended: there are no waves', async () => {
  const graphs = graphsOf({ ms: fc.nat(5), act: fc.constant('succeed') });
  await fc.assert(
    fc.asyncProperty(graphs, async (nodes) => {
      const { status, happened } = await simulate(nodes);
      expect(status).toBe('succeeded');
      expect(happened).toHaveLength(2 * nodes.length);
      const find = (type: Happening['type'], id: string) =>
        happened.findIndex((one) => one.type === type && one.id === id);
      for (const { id, needs } of nodes) {
        const start = find('start', id);
        const ends = needs.map((need) => find('end', need));
        for (const end of ends) expect(end).toBeLessThan(start);
        expect(happened[start]!.at).toBe(Math.max(0, ...ends.map((end) => happened[end]!.at)));
      }
    }),
    { numRuns: 1_000 },
  );
});

test('never more than `concurrency` nodes run, and no slot is idle while a node is ready', async () => {
  const graphs = graphsOf({ ms: fc.nat(5), act: fc.constant('succeed') });
  await fc.assert(
    fc.asyncProperty(graphs, fc.integer({ min: 1, max: 4 }), async (nodes, concurrency) => {
      const { happened } = await simulate(nodes, { concurrency });
      const running = new Set<string>();
      const started = new Set<string>();
      const ended = new Set<string>();
      happened.forEach(({ type, id, at }, i) => {
        if (type === 'start') {
          running.add(id);
          started.add(id);
        } else {
          running.delete(id);
          ended.add(id);
        }
        expect(running.size).toBeLessThanOrEqual(concurrency);
        if (happened[i + 1]?.at === at) return;
        const ready = nodes.filter((node) => !started.has(node.id) && node.needs.every((need) => ended.has(need)));
        if (ready.length > 0) expect(running.size).toBe(concurrency);
      });
      expect(ended.size).toBe(nodes.length);
    }),
    { numRuns: 1_000 },
  );
});

/** What must come of a graph, found the slow way: look at everything after each end. */
function model(nodes: readonly Node[]) {
  const ends = new Map<string, string>();
  const accepted = new Set<string>();
  const running: { node: Node; until: number }[] = [];
  let aborted = false;
  let failed = false;
  for (let now = 0; ;) {
    for (const node of nodes.flatMap(() => nodes)) {
      if (ends.has(node.id)) continue;
      const needs = node.needs.map((id) => ends.get(id));
      if (needs.some((end, i) => end === 'failed' && !accepted.has(node.needs[i]!)))
        ends.set(node.id, 'dependency_failed');
      else if (needs.some((end) => end !== undefined && end !== 'succeeded' && end !== 'failed')) {
        ends.set(node.id, 'dependency_skipped');
      } else if (!aborted && needs.every((end) => end !== undefined) && !running.some((one) => one.node === node)) {
        running.push({ node, until: now + node.ms });
      }
    }
    const next = running.filter(({ node }) => !ends.has(node.id)).toSorted((a, b) => a.until - b.until)[0];
    if (!next) break;
    now = next.until;
    const { id, act, policy } = next.node;
    ends.set(id, { succeed: 'succeeded', fail: 'failed', throw: 'failed', skip: 'condition' }[act]);
    if (ends.get(id) !== 'failed') continue;
    if (policy === 'continue') accepted.add(id);
    else failed = true;
    aborted ||= policy === 'abort';
  }
  for (const { id } of nodes) if (!ends.has(id)) ends.set(id, 'aborted');
  return { status: failed ? 'failed' : 'succeeded', ends: Object.fromEntries(ends) };
}

test('what fails or is skipped means for the others what its policy says', async () => {
  const act = fc.constantFrom<Node['act']>('succeed', 'succeed', 'succeed', 'fail', 'throw', 'skip');
  const graphs = graphsOf({ ms: fc.integer({ min: 1, max: 1e9 }), act });
  await fc.assert(
    fc.asyncProperty(graphs, async (nodes) => {
      const { status, outcomes, seen, happened } = await simulate(nodes, { onFailure: ({ policy }) => policy });
      const ends = [...outcomes].map(([id, one]) => [id, one.status === 'skipped' ? one.reason : one.status] as const);
      expect({ status, ends: Object.fromEntries(ends) }).toEqual(model(nodes));
      expect(happened.filter(({ type }) => type === 'end').map(({ id }) => id)).toEqual([...outcomes.keys()]);
      for (const { id, needs } of nodes.filter(({ id }) => seen.has(id))) {
        const values = needs
          .filter((need) => outcomes.get(need)?.status === 'succeeded')
          .map((need) => [need, `of ${need}`]);
        expect(seen.get(id)).toEqual(Object.fromEntries(values));
      }
    }),
    { numRuns: 1_000 },
  );
});
