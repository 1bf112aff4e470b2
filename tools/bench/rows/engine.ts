import { mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { durableRunners } from '../engine-runners.ts';
import { shapes } from '../graphs.ts';
import type { Node, Shape } from '../graphs.ts';
import type { Case, Contender, Row } from '../row.ts';
import { onceMicros } from '../timing.ts';

/** Small runs before the measured one, until they took so many milliseconds. */
const warmUp = { steps: 500, ms: 400 };

export const engine: Row = {
  title: 'the whole engine with its event log, nothing synced',
  medium: 'memory',
  cases: [shape('independent', 10_000), shape('chain', 2_000), shape('layered', 10_000), memory()],
};

function shape(name: Shape, size: number): Case {
  const relaxed = (runner: keyof typeof durableRunners) => durable({ runner, name, size, durability: 'relaxed' });
  const few = (runner: keyof typeof durableRunners, count: number) =>
    durable({ runner, name, size: count, durability: 'relaxed' });
  return {
    name: `${name} ${size}`,
    figures: [{ name: 'cost', unit: 'µs a step', targets: [{ atMost: 40 }, { atMost: 3, of: 'limit' }] }],
    contenders: {
      orch: relaxed('orch'),
      'LangGraph tasks + SQLite at 500': few('langGraphTasks', 500),
      'LangGraph nodes + SQLite at 200': few('langGraphNodes', 200),
      limit: relaxed('kahn'),
    },
  };
}

type Setup = {
  readonly runner: keyof typeof durableRunners;
  readonly name: Shape;
  readonly size: number;
  readonly durability: 'strict' | 'relaxed';
};

/** One run, after some small ones that warm up. */
export function durable({ runner, name, size, durability }: Setup): Contender {
  return async ({ dir, quick }) => {
    const run = await durableRunners[runner](durability);
    const inOwnFolder = (nodes: readonly Node[]) => run(nodes, mkdtempSync(join(dir, 'run-')));
    const small = shapes[name](Math.min(size, warmUp.steps));
    for (const until = performance.now() + warmUp.ms; performance.now() < until;) await inOwnFolder(small);
    const nodes = shapes[name](quick ? Math.min(size, 1_000) : size);
    return { cost: await onceMicros(nodes.length, () => inOwnFolder(nodes)) };
  };
}

function memory(): Case {
  const many =
    (runner: 'orch' | 'kahn'): Contender =>
    async ({ dir, quick }) => {
      const nodes = shapes.layered(quick ? 20_000 : 100_000);
      const run = await durableRunners[runner]('relaxed');
      return { cost: await onceMicros(nodes.length, () => run(nodes, dir)) };
    };
  return {
    name: 'layered 100 000',
    figures: [
      { name: 'cost', unit: 'µs a step', targets: [] },
      { name: 'rss', unit: 'MB', targets: [{ atMost: 300 }] },
    ],
    contenders: { orch: many('orch'), limit: many('kahn') },
  };
}
