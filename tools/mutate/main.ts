// `npm run mutate [-- NAME…] [--list]`: puts small faults into a copy of the product, one at a time; tests must notice.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { mutate } from './mutation.ts';
import type { Mutation } from './mutation.ts';
import { mutations } from './mutations/index.ts';
import { runTests } from './run-tests.ts';
import type { TestRun } from './run-tests.ts';
import { copyTree } from './tree.ts';
import type { Tree } from './tree.ts';
import { tryMutation, whyOf } from './try-mutation.ts';
import type { Verdict } from './try-mutation.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { list: { type: 'boolean' } } });
const chosen = positionals.length === 0 ? mutations : positionals.flatMap(named);
const width = Math.max(...chosen.map(({ name }) => name.length));
if (values.list) for (const { name, breaks } of chosen) console.log(`${name.padEnd(width)}  ${breaks}`);
else process.exitCode = await run();

async function run(): Promise<number> {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)));
  const tree = copyTree(join(import.meta.dirname, '..', '..'));
  try {
    const stale = chosen.flatMap((mutation) => whyStale(tree, mutation) ?? []);
    for (const line of stale) console.log(line);
    if (stale.length > 0) return 1;
    return await tryAll(tree, stop.signal);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    return 130;
  } finally {
    tree.remove();
  }
}

async function tryAll(tree: Tree, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  if (!(await passUnmutated(tree, signal))) return 1;
  let all: Promise<TestRun> | undefined;
  const allUnmutated = (): Promise<TestRun> => (all ??= runTests(tree.dir, { signal }));
  const left: Mutation[] = [];
  for (const mutation of chosen) {
    const started = performance.now();
    const verdict = await tryMutation(mutation, { tree, signal, allUnmutated });
    const seconds = ((performance.now() - started) / 1000).toFixed(1);
    console.log(`${mutation.name.padEnd(width)}  ${seconds.padStart(6)} s  ${told(verdict)}`);
    if (verdict.is !== 'killed') left.push(mutation);
  }
  const minutes = ((performance.now() - began) / 60_000).toFixed(1);
  console.log(`\n${chosen.length - left.length} of ${chosen.length} mutations killed, ${minutes} min`);
  for (const { name, file, breaks } of left) console.log(`not killed: ${name} (${file}): ${breaks}`);
  return left.length > 0 ? 1 : 0;
}

async function passUnmutated(tree: Tree, signal: AbortSignal): Promise<boolean> {
  const files = [...new Set(chosen.flatMap(({ tests }) => tests))];
  console.log(`${files.length} test files without a mutation …`);
  const run = await runTests(tree.dir, { files, signal });
  if (run.status !== 'passed') console.log(`A test that fails anyhow kills nothing: ${whyOf(run)}`);
  return run.status === 'passed';
}

function told(verdict: Verdict): string {
  if (verdict.is === 'killed') return verdict.by;
  return verdict.is === 'survived' ? 'SURVIVED' : `INVALID: ${verdict.why}`;
}

function whyStale(tree: Tree, mutation: Mutation): string | undefined {
  const mutated = mutate(tree.read(mutation.file), mutation);
  return 'stale' in mutated ? `stale: ${mutation.name} (${mutation.file}): ${mutated.stale}` : undefined;
}

function named(name: string): Mutation[] {
  const found = mutations.filter((mutation) => mutation.name === name);
  if (found.length > 0) return found;
  throw new Error(`Expected a mutation of ${mutations.map((mutation) => mutation.name).join(', ')}; got ${name}.`);
}
