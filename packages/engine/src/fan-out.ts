import { OrchError, err, ok } from '@orch/contracts';
import type { Digest, Json, PlanStep, Result } from '@orch/contracts';
import type { Outcome as NodeOutcome } from '@orch/dag';
import { failureData } from './failure-data.ts';
import { expandEach, withinLimit } from './each.ts';
import type { Item } from './each.ts';
import { itemNodes, itemwiseNeed } from './graph.ts';
import type { ItemNode, RunNode } from './graph.ts';
import { inputHash } from './input-hash.ts';
import { loadOutput, storeOutput } from './outputs.ts';
import { kindOf, needsOf } from './prepare-attempt.ts';
import type { Settled } from './results.ts';
import type { RunContext } from './run-context.ts';
import { scopeOf } from './scope.ts';
import { secondsSince } from './seconds-since.ts';

type FanOut = {
  readonly nodes: readonly ItemNode[];
  readonly items: readonly Item[];
  readonly hash: Digest;
  readonly began: number;
};

/** The fan-outs of one run: what each was found to have, until its items are joined. */
export type FanOuts = {
  expand(step: PlanStep): Promise<NodeOutcome<Settled, RunNode>>;
  join(step: PlanStep): NodeOutcome<Settled, RunNode>;
  /** Ends the steps that began and whose join was never reached, because an item failed or the run was stopped. */
  settle(failures: ReadonlyMap<string, OrchError>): void;
};

export function createFanOuts(run: RunContext): FanOuts {
  const open = new Map<string, FanOut>();
  /** Kept when the step is joined: another step may follow its items later. */
  const expanded = new Map<string, readonly Item[]>();

  return {
    async expand(step) {
      const began = run.clock.monotonic();
      const found = await findItems(run, step, expanded).catch((error: unknown) => err(OrchError.from(error)));
      const items = found.ok ? found.value : [];
      const list = run.blobs.put(JSON.stringify(items));
      const fields = found.ok ? { items: list } : step.fields;
      const hash = inputHash(kindOf(run, step), { fields, needs: needsOf(run, step), reads: {}, asked: undefined });
      run.journal.push('step.started', { attempt: 1, input_hash: hash, worker: 'local' }, { step: step.id });
      if (!found.ok) return failStep(run, step, found.error);
      run.journal.push('step.expanded', { sha256: list, count: items.length }, { step: step.id });
      const add = itemNodes(step, items);
      expanded.set(step.id, items);
      open.set(step.id, { nodes: add.map(({ node }) => node), items, hash, began });
      return { status: 'succeeded', value: { output: storeOutput(items.length, run.blobs), files: [] }, add };
    },
    join(step) {
      const fanOut = open.get(step.id);
      if (fanOut === undefined) throw new OrchError('internal', `Step ${step.id} was joined before it was expanded.`);
      open.delete(step.id);
      const value = joinItems(run, fanOut);
      const duration_s = secondsSince(run.clock, fanOut.began);
      run.journal.push(
        'step.succeeded',
        { duration_s, provider_calls: 0, input_hash: fanOut.hash, output: value.output, files: [] },
        { step: step.id },
      );
      return { status: 'succeeded', value };
    },
    settle(failures) {
      for (const [id, { nodes }] of open) {
        const failed = nodes.filter((node) => failures.has(node.id));
        const error = itemsError(failed, failures, nodes.length);
        if (error === undefined) run.journal.push('step.canceled', { reason: 'job_ended' }, { step: id });
        else run.journal.push('step.failed', { ...failureData(error), attempt: 1 }, { step: id });
      }
    },
  };
}

type Expanded = ReadonlyMap<string, readonly Item[]>;

async function findItems(run: RunContext, step: PlanStep, expanded: Expanded): Promise<Result<readonly Item[]>> {
  const { each } = step;
  if (each === undefined) throw new OrchError('internal', `Step ${step.id} does not fan out.`);
  const from = itemwiseNeed(step);
  const found = from === undefined ? await expandEach(each, scopeOf(run, step)) : ok(itemsOf(from, expanded));
  return found.ok ? withinLimit(found.value.slice(0, run.limit), each) : found;
}

function itemsOf(step: string, expanded: Expanded): readonly Item[] {
  const items = expanded.get(step);
  if (items === undefined) throw new OrchError('internal', `Step ${step} was followed before it was expanded.`);
  return items;
}

function failStep(run: RunContext, step: PlanStep, error: OrchError): NodeOutcome<Settled, RunNode> {
  run.journal.push('step.failed', { ...failureData(error), attempt: 1 }, { step: step.id });
  return { status: 'failed', error };
}

function joinItems(run: RunContext, { nodes }: FanOut): Settled {
  const items = nodes.map((node) => {
    const settled = run.results.get(node.id);
    if (settled === undefined) throw new OrchError('internal', `Item ${node.id} was joined before it ended.`);
    return { key: node.key, item: node.item, settled };
  });
  const outputs: Json = items.map(({ settled }) => loadOutput(settled.output, run.blobs));
  return { output: storeOutput(outputs, run.blobs), files: items.flatMap(({ settled }) => settled.files), items };
}

function itemsError(
  failed: readonly ItemNode[],
  failures: ReadonlyMap<string, OrchError>,
  total: number,
): OrchError | undefined {
  const [first] = failed;
  const cause = first === undefined ? undefined : failures.get(first.id);
  if (first === undefined || cause === undefined) return undefined;
  const message = `${failed.length} of ${total} items failed, first ${first.key}: ${cause.message}`;
  return new OrchError(cause.code, message, { hint: cause.hint, cause, retryable: false });
}
