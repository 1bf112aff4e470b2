import { OrchError } from '@orch/contracts';
import type { Digest, PlanStep } from '@orch/contracts';
import type { FinalOutcome, Outcome as NodeOutcome, SkipReason } from '@orch/dag';
import { asksEachItem, isWanted } from '../attempt/conditions.ts';
import { failureData } from '../attempt/failure-data.ts';
import type { Item } from './each.ts';
import { awaitedNeeds, fanOutInputs, findItems } from './fan-out-items.ts';
import { letsPass } from '../graph/failure-policy.ts';
import { itemNodes, itemwiseNeed } from '../graph/graph.ts';
import type { ItemNode, RunNode } from '../graph/graph.ts';
import { inputHash } from '../attempt/input-hash.ts';
import { itemsQuestion, needsQuestion } from './fan-out-questions.ts';
import { itemsError, joinItems, shortfall } from './join-items.ts';
import { storeOutput } from '../run/outputs.ts';
import { kindOf } from '../attempt/prepare-attempt.ts';
import type { Settled, SettledItem } from '../run/results.ts';
import { unitAt } from '../graph/unit.ts';
import { noteReuse, successWith } from '../resume/reuse.ts';
import type { RunContext } from '../run/run-context.ts';
import { scopeOf } from '../attempt/scope.ts';
import { secondsSince } from '../run/seconds-since.ts';

type FanOut = {
  readonly nodes: readonly ItemNode[];
  readonly list: Digest;
  readonly hash: Digest;
  readonly began: number;
  /** It failed as a whole before: items that did run again. */
  readonly retries: boolean;
  /** Its start is in the log. A fan-out all of whose items are reused never starts. */
  attempt: number | undefined;
};

type ExpandNode = Extract<RunNode, { readonly type: 'expand' }>;

/** The fan-outs of one run: what each was found to have, until its items are joined. */
export type FanOuts = {
  expand(node: ExpandNode): Promise<NodeOutcome<Settled, RunNode>>;
  /** Whether items that failed before run again, though the step goes on without those that fail. */
  retries(step: PlanStep): boolean;
  /** The first of its items that has to run is about to start. */
  begin(step: PlanStep): void;
  /** What its items came to: starts nothing. `unfound`: why they were not looked for. */
  join(step: PlanStep, unfound?: SkipReason): FinalOutcome<Settled>;
  /** The same when the end of the run kept an item from more; undefined when that is all. By node, what the job failed for. */
  joinSome(step: PlanStep, failures: ReadonlyMap<string, OrchError>): FinalOutcome<Settled> | undefined;
  /** Ends the steps that began and whose join was never reached. `waits`: the run ends waiting. */
  settle(ended: { readonly waits: boolean }): void;
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
  const end = (step: PlanStep, error: OrchError, items?: readonly SettledItem[]): FinalOutcome<Settled> => {
    begin(step);
    const { attempt = 0 } = openOf(step);
    open.delete(step.id);
    return failStep(run, step, { attempt, error, items });
  };

  const expand = async (node: ExpandNode): Promise<NodeOutcome<Settled, RunNode>> => {
    const { step } = node;
    const began = run.clock.monotonic();
    if (!asksEachItem(step) && !isWanted(step, scopeOf(run, step))) return { status: 'skipped', reason: 'condition' };
    const found = await findItems(run, step, expanded);
    if (!found.ok) throw found.error;
    const items = found.value;
    const list = run.blobs.put(JSON.stringify(items));
    const add = itemNodes(step, items);
    expanded.set(step.id, items);
    const nodes = add.map(({ node: item }) => item);
    const hash = inputHash(kindOf(run, step), fanOutInputs(run, step, list));
    const retries = unitAt(run.journal.state, { step: step.id })?.failure !== undefined;
    open.set(step.id, { nodes, list, hash, began, retries, attempt: undefined });
    const output = storeOutput(items.length, run.blobs);
    return { status: 'succeeded', value: { status: 'succeeded', output, files: [] }, add };
  };
  const lapse = (step: PlanStep, reason: SkipReason, items: readonly SettledItem[]): FinalOutcome<Settled> => {
    if (items.some(({ settled }) => settled.status === 'succeeded')) begin(step);
    open.delete(step.id);
    run.results.set(step.id, { status: 'skipped', items });
    return { status: 'skipped', reason };
  };
  const join = (step: PlanStep, unfound: SkipReason | undefined): FinalOutcome<Settled> => {
    const known = notFound(run, step);
    if (known !== undefined) return known;
    if (unfound !== undefined) return { status: 'skipped', reason: unfound };
    const fanOut = openOf(step);
    const value = joinItems(run, fanOut.nodes);
    const blocked = followsInVain(run, step);
    const isOwn = value.items.some(({ settled }) => settled.status === 'failed');
    const error = blocked === undefined || isOwn ? shortfall(step, value.items) : undefined;
    if (error !== undefined) return end(step, error, value.items);
    if (blocked !== undefined) return lapse(step, blocked, value.items);
    if (!reuseJoin(run, step, { fanOut, value })) {
      begin(step);
      logJoin(run, step, { fanOut, value });
    }
    open.delete(step.id);
    return { status: 'succeeded', value };
  };

  return {
    begin,
    retries: (step) => openOf(step).retries,
    expand: (node) => expand(node).catch((error: unknown) => failExpand(run, node.step, OrchError.from(error))),
    join(step, unfound) {
      try {
        return join(step, unfound);
      } catch (error) {
        return end(step, OrchError.from(error));
      }
    },
    joinSome(step, failures) {
      const nodes = open.get(step.id)?.nodes ?? [];
      const failed = nodes.flatMap(({ id: node, key }) => {
        const error = failures.get(node);
        return error === undefined ? [] : [{ key, error }];
      });
      const error = itemsError(failed, nodes.length);
      if (error !== undefined) return end(step, error);
      const known = notFound(run, step);
      if (known !== undefined || open.get(step.id)?.attempt !== undefined) return known;
      const blocked = followsInVain(run, step);
      return blocked === 'dependency_failed' ? { status: 'skipped', reason: blocked } : undefined;
    },
    settle({ waits }) {
      for (const [id, { nodes, attempt, hash }] of open) {
        if (attempt === undefined) continue;
        const question = itemsQuestion(run, id, nodes.length) ?? (waits ? needsQuestion(run, nodes) : undefined);
        if (question === undefined) run.journal.push('step.canceled', { reason: 'job_ended' }, { step: id });
        else run.journal.push('step.waiting', { question, input_hash: hash }, { step: id });
      }
    },
  };
}

/** That its items could not be found; undefined when they were. */
function notFound({ results }: RunContext, { id }: PlanStep): FinalOutcome<Settled> | undefined {
  const known = results.get(id);
  return known?.status === 'failed' ? { status: 'failed', error: known.error } : undefined;
}

/** Why it comes to nothing as a whole, whatever its items did: how the step ended whose items it follows. */
function followsInVain({ results }: RunContext, step: PlanStep): SkipReason | undefined {
  const from = itemwiseNeed(step);
  const status = from === undefined ? undefined : results.get(from)?.status;
  if (from === undefined || status === undefined) return undefined;
  if (letsPass({ status, isContinued: false }, step.accept?.[from])) return undefined;
  return status === 'succeeded' ? 'dependency_succeeded' : `dependency_${status}`;
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

function failExpand(run: RunContext, step: PlanStep, error: OrchError): NodeOutcome<Settled, RunNode> {
  const inputs = { fields: step.fields, needs: awaitedNeeds(run, step), reads: {}, asked: undefined };
  const attempt = logStart(run, step, inputHash(kindOf(run, step), inputs));
  return failStep(run, step, { attempt, error, items: [] });
}

type Failed = {
  readonly attempt: number;
  readonly error: OrchError;
  readonly items?: readonly SettledItem[] | undefined;
};

function failStep(run: RunContext, { id }: PlanStep, { attempt, error, items }: Failed): FinalOutcome<Settled> {
  run.journal.push('step.failed', { ...failureData(error, run.hider), attempt }, { step: id });
  run.results.set(id, { status: 'failed', error, items });
  return { status: 'failed', error };
}
