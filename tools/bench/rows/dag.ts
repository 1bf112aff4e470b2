import { graphRunners } from '../graph-runners.ts';
import { shapes } from '../graphs.ts';
import type { Shape } from '../graphs.ts';
import type { Case, Contender, Row } from '../row.ts';
import { onceMicros, perOperation } from '../timing.ts';

type Runner = keyof typeof graphRunners;

const targets = [
  { atMost: 3, of: 'limit' },
  { atMost: 1 / 2.3, of: 'p-graph' },
];

export const dag: Row = {
  title: 'a graph of steps that do nothing, built and run in memory',
  medium: 'memory',
  cases: [
    shape('independent', 10_000),
    shape('chain', 2_000),
    shape('layered', 10_000),
    shape('fan', 5_002),
    growth(),
    memory(),
  ],
};

function shape(name: Shape, size: number): Case {
  const warm =
    (runner: Runner, count = size): Contender =>
    async ({ quick }) => {
      const nodes = shapes[name](quick ? Math.min(count, 2_000) : count);
      const run = await graphRunners[runner]();
      return { cost: await perOperation(nodes.length, () => run(nodes)) };
    };
  return {
    name: `${name} ${size}`,
    figures: [{ name: 'cost', unit: 'µs a step', targets }],
    contenders: {
      orch: warm('orch'),
      'orch, answers without promises': warm('orchAtOnce'),
      'p-limit': warm('pLimit'),
      'p-graph': warm('pGraph'),
      Effect: warm('effect'),
      listr2: warm('listr'),
      'LangGraph at 500': warm('langGraph', 500),
      limit: warm('kahn'),
    },
  };
}

/** One large graph against as many nodes in small ones, all of which are kept: memory is not what differs. */
function growth(): Case {
  const exponent =
    (runner: Runner): Contender =>
    async ({ quick }) => {
      const [size, parts] = [1_000, quick ? 20 : 100];
      const run = await graphRunners[runner]();
      const [small, large] = [shapes.layered(size), shapes.layered(size * parts)];
      const kept: unknown[] = [];
      const runSmall = async () => {
        for (let part = 0; part < parts; part++) kept.push(await run(small));
      };
      const forget = () => kept.splice(0);
      const few = await perOperation(large.length, runSmall, forget);
      const many = await perOperation(large.length, () => run(large), forget);
      return { exponent: 1 + Math.log(many / few) / Math.log(parts) };
    };
  return {
    name: 'layered 1 000 → 100 000',
    figures: [{ name: 'exponent', unit: 'growth exponent', targets: [{ atMost: 1.1 }] }],
    contenders: { orch: exponent('orch'), limit: exponent('kahn') },
  };
}

function memory(): Case {
  const once =
    (runner: Runner): Contender =>
    async () => {
      const nodes = shapes.layered(100_000);
      const run = await graphRunners[runner]();
      return { cost: await onceMicros(nodes.length, () => run(nodes)) };
    };
  return {
    name: 'layered 100 000, once',
    figures: [
      { name: 'cost', unit: 'µs a step, cold', targets: [] },
      { name: 'rss', unit: 'MB', targets: [{ atMost: 200 }] },
    ],
    contenders: { orch: once('orch'), limit: once('kahn') },
  };
}
