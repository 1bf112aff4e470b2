import { FakeClock } from '@orch/testkit';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { buildDag } from './build-dag.ts';
import { runDag } from './run-dag.ts';
import type { RunOptions } from './run-dag.ts';

/** `ms`: how long it runs; with 0 it answers at once, without a promise. */
type Node = { readonly id: string; readonly needs: readonly string[]; readonly ms: number };

/** Random graphs whose nodes are given in any order; each needs up to three that were drawn before it. */
const graphs = fc
  .array(fc.record({ picks: fc.array(fc.nat(), { maxLength: 3 }), place: fc.nat(), ms: fc.nat(5) }), {
    minLength: 1,
    maxLength: 16,
  })
  .map((rows) =>
    rows
      .map(({ picks, place, ms }, i): Node & { readonly place: number } => {
        const needs = i === 0 ? [] : [...new Set(picks.map((pick) => `n${pick % i}`))];
        return { place, id: `n${i}`, needs, ms };
      })
      .toSorted((a, b) => a.place - b.place),
  );

type Happening = { readonly type: 'start' | 'end'; readonly id: string; readonly at: number };

const done = { status: 'succeeded', value: '' } as const;

/** Runs nodes under a clock that jumps from one end to the next, and tells what happened when. */
async function simulate(nodes: readonly Node[], options: RunOptions<Node, string> = {}) {
  const built = buildDag(nodes);
  if (!built.ok) throw built.error;
  const clock = new FakeClock();
  const happened: Happening[] = [];
  const note = (type: Happening['type'], id: string) => void happened.push({ type, id, at: clock.monotonic() });
  const running = runDag<Node, string>(built.value, ({ ms }) => (ms === 0 ? done : clock.sleep(ms).then(() => done)), {
    ...options,
    clock,
    onStart: ({ id }) => note('start', id),
    onSettle: ({ id }) => note('end', id),
  });
  await clock.advance(nodes.reduce((sum, { ms }) => sum + ms, 0));
  return { ...(await running), happened };
}

test('every node starts at the very instant its last need has ended: there are no waves', async () => {
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
