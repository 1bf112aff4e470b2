import { sha256 } from '@orch/cache';
import type { BlobStore, CompiledJob, Hider, PlanStep, StepKind, StepState } from '@orch/contracts';
import type { UnitView } from '@orch/events';
import type { Item } from '../fan-out/each.ts';
import { fanOutInputs, findItems } from '../fan-out/fan-out-items.ts';
import { itemNodes } from '../graph/graph.ts';
import type { ItemNode } from '../graph/graph.ts';
import { inputHash } from '../attempt/input-hash.ts';
import { joinItems } from '../fan-out/join-items.ts';
import type { HashedInputs } from '../attempt/input-hash.ts';
import { itemOf } from '../fan-out/item-of.ts';
import { lapsedOf } from './kept-failure.ts';
import { inOrder, openPast, orNothing } from './past-run.ts';
import type { PastRun } from './past-run.ts';
import { kindOf, prepareAttempt } from '../attempt/prepare-attempt.ts';
import { readJob } from '../read-job.ts';
import type { Lapsed, Settled } from '../run/results.ts';
import { unitAt } from '../graph/unit.ts';
import { settledOf } from './reuse.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunFacts } from '../run/run-context.ts';
import { scopeOf } from '../attempt/scope.ts';

/** A step or item of a run as its log tells it, and what its input hash was made from. */
export type TracedUnit = StepPlace & {
  readonly kind: string;
  readonly status: StepState;
  readonly inputHash: string | undefined;
  /** What it came to, when it succeeded. */
  readonly made: Settled | undefined;
  /** Undefined when it cannot be told any more, as when files that it read have changed since. */
  readonly inputs: HashedInputs | undefined;
};

export type TracedRun = {
  readonly jobId: string;
  readonly job: CompiledJob;
  readonly blobs: BlobStore;
  readonly units: readonly TracedUnit[];
};

type TraceOptions = {
  readonly kinds?: readonly StepKind[] | undefined;
  /** The one that the run had. */
  readonly hider?: Hider | undefined;
};

/** Reads a run and finds again what every step and item was made from. Writes nothing. Throws like `readJob`. */
export async function traceRun(dir: string, options: TraceOptions = {}): Promise<TracedRun> {
  const job = await readJob(dir);
  const past = await openPast(dir, job, options);
  const tracer = new Tracer(past);
  for (const step of inOrder(past.steps)) await tracer.trace(step);
  return { jobId: past.facts.jobId, job, blobs: past.blobs, units: tracer.units };
}

class Tracer {
  readonly units: TracedUnit[] = [];
  readonly #facts: RunFacts;
  readonly #past: PastRun;
  readonly #items = new Map<string, readonly Item[]>();

  constructor(past: PastRun) {
    this.#facts = past.facts;
    this.#past = past;
  }

  /** Call it for each step after those it needs. */
  async trace(step: PlanStep): Promise<void> {
    if (step.each === undefined) return void this.units.push(await this.#unit(step));
    const found = await orNothing(findItems(this.#facts, step, this.#items));
    const items = found?.ok === true && !this.#wasUnfound(step) ? found.value : [];
    this.#items.set(step.id, items);
    const nodes = itemNodes(step, items).map(({ node }) => node);
    const place = { step: step.id };
    const inputs = fanOutInputs(this.#facts, step, sha256(JSON.stringify(items)));
    const own = this.units.push(this.#told(step, place, inputs)) - 1;
    for (const node of nodes) this.units.push(await this.#unit(step, node));
    const { results } = this.#facts;
    const lapsed = lapsedAs(unitAt(this.#past.state, place));
    if (lapsed !== undefined) results.set(step.id, lapsed);
    if (nodes.some(({ id }) => results.get(id) === undefined)) return;
    const made = joinItems({ results, blobs: this.#past.blobs }, nodes);
    results.set(step.id, lapsed === undefined ? made : { ...lapsed, items: made.items });
    if (lapsed === undefined) this.units[own] = { ...this.#told(step, place, inputs), made };
  }

  /** It was skipped before its items were looked for: those that follow it had none. */
  #wasUnfound({ id }: PlanStep): boolean {
    const view = this.#past.state.steps.get(id);
    return view?.status === 'skipped' && view.items.size === 0;
  }

  async #unit(step: PlanStep, node?: ItemNode): Promise<TracedUnit> {
    const place = { step: step.id, ...(node && { item: node.key }) };
    const inputs = await this.#inputs(step, node);
    const unit = this.#told(step, place, inputs);
    const ended = unit.made ?? lapsedAs(unitAt(this.#past.state, place));
    if (ended !== undefined) this.#facts.results.set(node?.id ?? step.id, ended);
    return unit;
  }

  #told(step: PlanStep, place: StepPlace, inputs: HashedInputs | undefined): TracedUnit {
    const unit = unitAt(this.#past.state, place);
    const { status = 'pending', inputHash: hash } = unit ?? {};
    const fits = inputs !== undefined && inputHash(kindOf(this.#facts, step), inputs) === hash;
    const made = unit && madeBy(unit, this.#past.blobs);
    return { ...place, kind: step.kind, status, inputHash: hash, made, inputs: fits ? inputs : undefined };
  }

  async #inputs(step: PlanStep, node: ItemNode | undefined): Promise<HashedInputs | undefined> {
    const item = node && itemOf(this.#facts.results, node);
    const scope = scopeOf(this.#facts, step, item?.value);
    const prepared = await orNothing(prepareAttempt(this.#facts, { step, ...(item && { item }) }, scope));
    return prepared?.inputs;
  }
}

/** How it came to nothing, when it did. A fan-out that had begun is canceled where another step is skipped. */
function lapsedAs(unit: UnitView | undefined): Lapsed | undefined {
  if (unit?.status === 'skipped' || unit?.status === 'canceled') return { status: 'skipped' };
  if (unit?.status !== 'failed') return undefined;
  return unit.failure === undefined ? { status: 'failed' } : lapsedOf(unit.failure.data);
}

function madeBy({ status, success }: UnitView, blobs: BlobStore): Settled | undefined {
  return status === 'succeeded' && success !== undefined ? settledOf(success.data, blobs) : undefined;
}
