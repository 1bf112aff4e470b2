import type { Node } from './graphs.ts';
import { runKahn } from './kahn.ts';

/** Builds what it needs for a graph of steps that do nothing, and runs it. */
export type GraphRunner = (nodes: readonly Node[]) => Promise<unknown>;

const nothing = async (): Promise<void> => undefined;

/** The ways to run a graph in memory, each loaded by the process that uses it. */
export const graphRunners = {
  orch: () => orch(async () => ({ status: 'succeeded', value: undefined })),
  orchAtOnce: () => orch(() => ({ status: 'succeeded', value: undefined })),
  kahn: async (): Promise<GraphRunner> => (nodes) => runKahn(nodes, nothing),
  pLimit,
  pGraph,
  effect,
  listr,
  langGraph,
} as const;

type Succeeded = { readonly status: 'succeeded'; readonly value: undefined };

async function orch(answer: () => Succeeded | Promise<Succeeded>): Promise<GraphRunner> {
  const { buildDag, runDag } = await import('@orch/dag');
  return (nodes) => {
    const built = buildDag(nodes);
    if (!built.ok) throw built.error;
    return runDag(built.value, answer);
  };
}

/** A promise for each node, which waits for those of its needs. */
function memoized(nodes: readonly Node[], start: (id: string) => Promise<unknown>): Promise<unknown> {
  const done = new Map<string, Promise<unknown>>();
  for (const { id, needs } of nodes) {
    const before = Promise.all(needs.map((need) => done.get(need)));
    done.set(
      id,
      before.then(() => start(id)),
    );
  }
  return Promise.all(done.values());
}

async function pLimit(): Promise<GraphRunner> {
  const { default: createLimit } = await import('p-limit');
  return (nodes) => {
    const limit = createLimit(nodes.length);
    return memoized(nodes, () => limit(nothing));
  };
}

async function pGraph(): Promise<GraphRunner> {
  const { PGraph } = await import('p-graph');
  return (nodes) => {
    const edges = nodes.flatMap(({ id, needs }) => needs.map((need): [string, string] => [need, id]));
    return new PGraph(new Map(nodes.map(({ id }) => [id, { run: nothing }])), edges).run();
  };
}

async function effect(): Promise<GraphRunner> {
  const { Deferred, Effect } = await import('effect');
  return (nodes) => {
    const program = Effect.gen(function* () {
      const done = new Map(nodes.map(({ id }) => [id, Deferred.makeUnsafe<void>()]));
      const run = ({ id, needs }: Node) =>
        Effect.gen(function* () {
          for (const need of needs) yield* Deferred.await(done.get(need)!);
          yield* Effect.promise(nothing);
          yield* Deferred.succeed(done.get(id)!, undefined);
        });
      yield* Effect.forEach(nodes, run, { concurrency: 'unbounded', discard: true });
    });
    return Effect.runPromise(program);
  };
}

/** It knows lists, not graphs: one list for each level. */
async function listr(): Promise<GraphRunner> {
  const { Listr } = await import('listr2');
  const options = { renderer: 'silent', concurrent: true } as const;
  return (nodes) => {
    const lists = levelsOf(nodes).map((level) => ({
      title: 'level',
      task: () =>
        new Listr(
          level.map(({ id }) => ({ title: id, task: nothing })),
          options,
        ),
    }));
    return new Listr(lists, { renderer: 'silent', concurrent: false }).run();
  };
}

function levelsOf(nodes: readonly Node[]): Node[][] {
  const depth = new Map<string, number>();
  const levels: Node[][] = [];
  for (const node of nodes) {
    const level = node.needs.reduce((most, need) => Math.max(most, depth.get(need)! + 1), 0);
    depth.set(node.id, level);
    (levels[level] ??= []).push(node);
  }
  return levels;
}

/** Its functional interface, which is the faster one. */
async function langGraph(): Promise<GraphRunner> {
  const { entrypoint, task } = await import('@langchain/langgraph');
  return (nodes) => {
    const step = task('step', async (id: string) => id);
    const flow = entrypoint('flow', async (_: number) => {
      await memoized(nodes, step);
      return 0;
    });
    return flow.invoke(0);
  };
}
