import type { Case, Row } from '../row.ts';
import type { Shape } from '../graphs.ts';
import { durable as durableRun } from './engine.ts';

export const durable: Row = {
  title: 'the whole engine, synced before every effect',
  medium: 'disc',
  cases: [shape('chain', 500), shape('layered', 1_000), shape('independent', 1_000)],
};

function shape(name: Shape, size: number): Case {
  const strict = (runner: 'orch' | 'kahn' | 'langGraphTasks') =>
    durableRun({ runner, name, size, durability: 'strict' });
  return {
    name: `${name} ${size}`,
    figures: [{ name: 'cost', unit: 'µs a step', targets: [{ atMost: 1.5, of: 'limit' }] }],
    contenders: {
      orch: strict('orch'),
      'LangGraph tasks + SQLite': strict('langGraphTasks'),
      limit: strict('kahn'),
    },
  };
}
