import { OrchError, ok } from '@orch/contracts';
import type { Digest, Json, PlanStep, Result } from '@orch/contracts';
import type { Outcome as NodeOutcome } from '@orch/dag';
import { failureData } from './failure-data.ts';
import { expandEach, withinLimit } from './each.ts';
import type { Item } from './each.ts';
import { itemNodes, itemwiseNeed } from './graph.ts';
import type { ItemNode, RunNode } from './graph.ts';
import { inputHash } from './input-hash.ts';
import type { HashedInputs } from './input-hash.ts';
import { loadOutput, storeOutput } from './outputs.ts';
import { kindOf, needsOf } from './prepare-attempt.ts';
import type { Settled } from './results.ts';
import { noteReuse, successWith, unitAt } from './reuse.ts';
import type { RunContext, RunFacts } from './run-context.ts';
import { scopeOf } from './scope.ts';
import { secondsSince } from './seconds-since.ts';

type FanOut = {
  readonly nodes: readonly ItemNode[];
  readonly list: Digest;
  readonly hash: Digest;
  readonly began: number;
  /** Its start is in the log. A fan-out all of whose items are reused never starts. */
  attempt: number | undefined;
};

/** The fan-outs of one run: what each was found to have, until its items are joined. */
export type FanOuts = {
  expand(step: PlanStep): Promise<NodeOutcome<Settled, RunNode>>;
  /** The first of its items that has to run is about to start. */
  begin(step: PlanStep): void;
  join(step: PlanStep): NodeOutcome<Settled, RunNode>;
  /** Ends the steps that began and whose join was never reached, because an item failed or the run was stopped. */
  settle(failures: ReadonlyMap<string, OrchError>): void;
};

export function createFanOuts(run: RunContext): FanOuts {
  const open = new Map<string, FanOut>();
  /** Kept when the step is joined: another step may follow its items later. */
  const expanded = new Map<string, readonly Item[]>();

  const openOf = (step: PlanStep): FanOut => {
    const fanOut = open.get(step.id);
    if (fanOut === undefined) throw new OrchError('internal', `Step ${step.id} was joined before it was expanded.`);
    return fanOut;
  };
  const begin = (step: PlanStep): void => {
    const fanOut = openOf(step);
    if (fanOut.attempt !== undefined) return;
    fanOut.attempt = logStart(run, step, fanOut.hash);
    run.journal.push('step.expanded', { sha256: fanOut.list, count: fanOut.nodes.length }, { step: step.id });
  };

  const expand = async (step: PlanStep): Promise<NodeOutcome<Settled, RunNode>> => {
    const began = run.clock.monotonic();
    const found = await findItems(run, step, expanded);
    if (!found.ok) throw found.error;
    const items = found.value;
    const list = run.blobs.put(JSON.stringify(items));
    const add = itemNodes(step, items);
    expanded.set(step.id, items);
    const nodes = add.map(({ node }) => node);
    const hash = inputHash(kindOf(run, step), fanOutInputs(run, step, list));
    open.set(step.id, { nodes, list, hash, began, attempt: undefined });
    return { status: 'succeeded', value: { output: storeOutput(items.length, run.blobs), files: [] }, add };
  };
  const join = (step: PlanStep): NodeOutcome<Settled, RunNode> => {
    const fanOut = openOf(step);
    const value = joinItems(run, fanOut.nodes);
    if (!reuseJoin(run, step, { fanOut, value })) {
      begin(step);
      logJoin(run, step, { fanOut, value });
    }
    open.delete(step.id);
    return { status: 'succeeded', value };
  };

  return {
    begin,
    expand: (step) => expand(step).catch((error: unknown) => failExpand(run, step, OrchError.from(error))),
    join(step) {
      try {
        return join(step);
      } catch (error) {
        begin(step);
        const { attempt = 0 } = openOf(step);
        open.delete(step.id);
        return failStep(run, step, { attempt, error: OrchError.from(error) });
      }
    },
    settle(failures) {
      for (const [id, { nodes, attempt }] of open) {
        if (attempt === undefined) continue;
        const failed = nodes.filter((node) => failures.has(node.id));
        const error = itemsError(failed, failures, nodes.length);
        if (error === undefined) run.journal.push('step.canceled', { reason: 'job_ended' }, { step: id });
        else run.journal.push('step.failed', { ...failureData(error), attempt }, { step: id });
      }
    },
  };
}

type Expanded = ReadonlyMap<string, readonly Item[]>;

/** The items of a fan-out; those it follows one by one are in `expanded`. */
export async function findItems(run: RunFacts, step: PlanStep, expanded: Expanded): Promise<Result<readonly Item[]>> {
  const { each } = step;
  if (each === undefined) throw new OrchError('internal', `Step ${step.id} does not fan out.`);
  const from = itemwiseNeed(step);
  const found = from === undefined ? await expandEach(each, scopeOf(run, step)) : ok(itemsOf(from, expanded));
  return found.ok ? withinLimit(found.value.slice(0, run.limit), each) : found;
}

/** What the items of a fan-out came to, in their order. */
export function joinItems(run: Pick<RunContext, 'results' | 'blobs'>, nodes: readonly ItemNode[]): Settled {
  const items = nodes.map((node) => {
    const settled = run.results.get(node.id);
    if (settled === undefined) throw new OrchError('internal', `Item ${node.id} was joined before it ended.`);
    return { key: node.key, item: node.item, settled };
  });
  const outputs: Json = items.map(({ settled }) => loadOutput(settled.output, run.blobs));
  return { output: storeOutput(outputs, run.blobs), files: items.flatMap(({ settled }) => settled.files), items };
}

/** What the input hash of a fan-out is made from; `items`: the digest of the list of them. */
export function fanOutInputs(run: RunFacts, step: PlanStep, items: Digest): HashedInputs {
  return { fields: { items }, needs: awaitedNeeds(run, step), reads: {}, asked: undefined };
}

/** Not the one whose items it follows: it may start before that has ended, and each of its items depends on one of those. */
function awaitedNeeds(run: RunFacts, step: PlanStep): HashedInputs['needs'] {
  const followed = itemwiseNeed(step);
  return Object.fromEntries(Object.entries(needsOf(run, step)).filter(([need]) => need !== followed));
}

/** Returns the number of the attempt. */
function logStart(run: RunContext, step: PlanStep, input_hash: Digest): number {
  const attempt = (unitAt(run.journal.state, { step: step.id })?.attempts ?? 0) + 1;
  run.journal.push('step.started', { attempt, input_hash, worker: 'local' }, { step: step.id });
  return attempt;
}

type Joined = { readonly fanOut: FanOut; readonly value: Settled };

/** Whether all its items were reused, and came to what they came to before. */
function reuseJoin(run: RunContext, { id }: PlanStep, { fanOut, value }: Joined): boolean {
  if (fanOut.attempt !== undefined || run.anew.has(id)) return false;
  const success = successWith(run.journal.state, { step: id }, fanOut.hash);
  if (success?.data.output.sha256 !== value.output.sha256) return false;
  noteReuse(run, { step: id }, success);
  return true;
}

function logJoin(run: RunContext, { id }: PlanStep, { fanOut, value }: Joined): void {
  const duration_s = secondsSince(run.clock, fanOut.began);
  const ended = { duration_s, provider_calls: 0, input_hash: fanOut.hash, output: value.output, files: [] };
  run.journal.push('step.succeeded', ended, { step: id });
}

function itemsOf(step: string, expanded: Expanded): readonly Item[] {
  const items = expanded.get(step);
  if (items === undefined) throw new OrchError('internal', `Step ${step} was followed before it was expanded.`);
  return items;
}

function failExpand(run: RunContext, step: PlanStep, error: OrchError): NodeOutcome<Settled, RunNode> {
  const inputs = { fields: step.fields, needs: awaitedNeeds(run, step), reads: {}, asked: undefined };
  return failStep(run, step, { attempt: logStart(run, step, inputHash(kindOf(run, step), inputs)), error });
}

type Failed = { readonly attempt: number; readonly error: OrchError };

function failStep(run: RunContext, step: PlanStep, { attempt, error }: Failed): NodeOutcome<Settled, RunNode> {
  run.journal.push('step.failed', { ...failureData(error), attempt }, { step: step.id });
  return { status: 'failed', error };
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
