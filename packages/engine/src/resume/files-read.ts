import type { Hider, PlanStep, StepKind } from '@orch/contracts';
import { prepareAttempt } from '../attempt/prepare-attempt.ts';
import { scopeOf } from '../attempt/scope.ts';
import type { Item } from '../fan-out/each.ts';
import { findItems } from '../fan-out/fan-out-items.ts';
import { itemNodes, nodeAt } from '../graph/graph.ts';
import { itemOf } from '../fan-out/item-of.ts';
import { levelsAbove, readJob } from '../read-job.ts';
import { inOrder, openPast, orNothing } from './past-run.ts';
import type { PastRun } from './past-run.ts';
import { traceRun } from './trace-run.ts';

type Options = { readonly kinds?: readonly StepKind[] | undefined; readonly hider?: Hider | undefined };

type FilesRead = {
  /** Absolute folder of the job. */
  readonly jobDir: string;
  /** How many folders the job's own files climb above it. */
  readonly above: number;
  /** Relative to the folder of the job, sorted, with `/` between the parts. */
  readonly paths: readonly string[];
};

/**
 * The files of the project that the steps of a run read, or will as far as that can be told: what they name under
 * `reads` and `attachments`, and the files that they fan out over, as they are found now. Writes nothing. Throws like
 * `readJob`.
 */
export async function filesRead(dir: string, options: Options = {}): Promise<FilesRead> {
  const job = await readJob(dir);
  const past = await openPast(dir, job, options);
  const { units } = await traceRun(dir, options);
  for (const unit of units) if (unit.made !== undefined) past.facts.results.set(nodeAt(unit), unit.made);
  const found = new Map<string, readonly Item[]>();
  const paths = new Set<string>();
  for (const step of inOrder(past.steps)) {
    for (const path of await readsOfStep(past, step, found)) paths.add(path);
  }
  return { jobDir: job.jobDir, above: levelsAbove(job.inputs).length, paths: [...paths].sort() };
}

async function readsOfStep({ facts }: PastRun, step: PlanStep, found: Map<string, readonly Item[]>): Promise<string[]> {
  if (step.each === undefined) return readsOfUnit(facts, step);
  const items = await orNothing(findItems(facts, step, found));
  if (items?.ok !== true) return readsOfUnit(facts, step);
  found.set(step.id, items.value);
  const paths = 'files' in step.each ? items.value.map(({ item }) => (item as { readonly path: string }).path) : [];
  for (const { node } of itemNodes(step, items.value)) {
    const item = itemOf(facts.results, node);
    paths.push(...(await readsOfUnit(facts, step, item)));
  }
  return paths;
}

async function readsOfUnit(
  facts: PastRun['facts'],
  step: PlanStep,
  item?: ReturnType<typeof itemOf>,
): Promise<string[]> {
  const scope = scopeOf(facts, step, item?.value);
  const prepared = await orNothing(prepareAttempt(facts, { step, ...(item && { item }) }, scope));
  return Object.keys(prepared?.inputs.reads ?? {});
}
