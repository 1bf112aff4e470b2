import { join } from 'node:path';
import type { CompiledJob, Plan, StepKind } from '@orch/contracts';
import type { Node } from './graphs.ts';
import { openJsonl } from './jsonl.ts';
import { runKahn } from './kahn.ts';
import { started, succeeded } from './step-events.ts';

export type Durability = 'strict' | 'relaxed';

/** Runs a graph of steps that do nothing and leaves what is needed to continue it, in an empty folder. */
export type DurableRunner = (nodes: readonly Node[], dir: string) => Promise<unknown>;

/** The ways to run a graph durably, each loaded by the process that uses it. `relaxed` syncs nothing. */
export const durableRunners = { orch, kahn, langGraphTasks, langGraphNodes } as const;

async function orch(durability: Durability): Promise<DurableRunner> {
  const { startRun } = await import('@orch/engine');
  return async (nodes, dir) => {
    const { result } = startRun(jobOf(nodes), { commandEnv: {}, kinds: [idle] }, { runsDir: dir, durability });
    const { status } = await result;
    if (status !== 'succeeded') throw new Error(`Expected the run to succeed, it ${status}.`);
  };
}

/** Kahn's loop and a log that is written, and synced under `strict`, before a step runs and after it. */
async function kahn(durability: Durability): Promise<DurableRunner> {
  return async (nodes, dir) => {
    const log = openJsonl(join(dir, 'events.jsonl'), { sync: durability === 'strict' });
    await runKahn(nodes, async ({ id }) => {
      log.push({ type: 'step.started', step: id, data: started });
      await log.flush();
      log.push({ type: 'step.succeeded', step: id, data: succeeded });
    });
    await log.flush();
    log.close();
  };
}

async function langGraphTasks(): Promise<DurableRunner> {
  const { entrypoint, task } = await import('@langchain/langgraph');
  const { SqliteSaver } = await import('@langchain/langgraph-checkpoint-sqlite');
  return async (nodes, dir) => {
    const checkpointer = SqliteSaver.fromConnString(join(dir, 'checkpoints.sqlite'));
    const step = task('step', async (id: string) => id);
    const flow = entrypoint({ name: 'flow', checkpointer }, async (_: number) => {
      const done = new Map<string, Promise<unknown>>();
      for (const { id, needs } of nodes) {
        const before = Promise.all(needs.map((need) => done.get(need)));
        done.set(
          id,
          before.then(() => step(id)),
        );
      }
      await Promise.all(done.values());
      return 0;
    });
    await flow.invoke(0, { configurable: { thread_id: '1' } });
  };
}

async function langGraphNodes(): Promise<DurableRunner> {
  const { Annotation, END, START, StateGraph } = await import('@langchain/langgraph');
  const { SqliteSaver } = await import('@langchain/langgraph-checkpoint-sqlite');
  const state = Annotation.Root({
    done: Annotation<number>({ reducer: (a, b) => a + b, default: () => 0 }),
  });
  return async (nodes, dir) => {
    const checkpointer = SqliteSaver.fromConnString(join(dir, 'checkpoints.sqlite'));
    const graph = new StateGraph(state) as unknown as LooseGraph;
    for (const { id } of nodes) graph.addNode(id, async () => ({ done: 1 }));
    const needed = new Set(nodes.flatMap(({ needs }) => needs));
    for (const { id, needs } of nodes) {
      graph.addEdge(needs.length === 0 ? START : needs.length === 1 ? needs[0]! : [...needs], id);
      if (!needed.has(id)) graph.addEdge(id, END);
    }
    const app = graph.compile({ checkpointer });
    await app.invoke({}, { recursionLimit: 1_000_000, configurable: { thread_id: '1' } });
  };
}

/** Its builder knows its nodes by type, which a graph made at run time cannot give. */
type LooseGraph = {
  addNode(id: string, run: () => Promise<{ done: number }>): void;
  addEdge(from: string | string[], to: string): void;
  compile(options: object): { invoke(input: object, options: object): Promise<unknown> };
};

const idle: StepKind = {
  kind: 'idle',
  version: 1,
  input: { safeParse: (data) => ({ success: true, data }) },
  fingerprint: () => null,
  run: async () => ({ status: 'succeeded', output: null }),
};

function jobOf(nodes: readonly Node[]): CompiledJob {
  const retry = { tries: 0, backoff: 'exponential', base_s: 0, max_s: 0, jitter: false } as const;
  const usual = { kind: 'idle', fields: {}, retry, cache: 'auto', reads: [], writes: [], on_lost: 'rerun' } as const;
  const steps = nodes.map(({ id, needs }) => ({ id, needs, ...usual }));
  const plan: Plan = { version: 1, project: 'bench', concurrency: 10_000, vars: {}, steps };
  const none = '0'.repeat(64);
  return { plan, planHash: none, spec: { path: 'job.yaml', sha256: none, content: '' }, inputs: [], jobDir: '/' };
}
