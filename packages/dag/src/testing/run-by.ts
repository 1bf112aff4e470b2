import { buildDag } from '../build-dag.ts';
import type { Dag } from '../build-dag.ts';
import type { Outcome } from '../outcome.ts';
import { runDag } from '../run-dag.ts';
import type { RunOptions } from '../run-dag.ts';

export type Node = { readonly id: string; readonly needs: readonly string[] };

/** A graph from the needs of each node. */
export function dagOf(needs: Record<string, string[]>): Dag<Node> {
  const built = buildDag(Object.entries(needs).map(([id, needs]) => ({ id, needs })));
  if (!built.ok) throw built.error;
  return built.value;
}

export const done = (value: string): Outcome<string> => ({ status: 'succeeded', value });
export const failed = (error: unknown): Outcome<string> => ({ status: 'failed', error });

/** Runs each node by the function with its id, or lets it succeed with its id; notes what was started. */
export async function runBy(
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
