import type { PlanStep } from '@orch/contracts';
import type { Success } from '@orch/events';
import { sha256 } from '@orch/cache';
import { asksEachItem, isWanted } from '../attempt/conditions.ts';
import type { Item } from '../fan-out/each.ts';
import { letsPass } from '../graph/failure-policy.ts';
import { fanOutInputs, findItems } from '../fan-out/fan-out-items.ts';
import { itemNodes, itemwiseNeed } from '../graph/graph.ts';
import type { ItemNode } from '../graph/graph.ts';
import { inputHash } from '../attempt/input-hash.ts';
import { joinItems } from '../fan-out/join-items.ts';
import { lapsedOf } from './kept-failure.ts';
import { kindOf } from '../attempt/prepare-attempt.ts';
import { unitAt } from '../graph/unit.ts';
import { settledOf, successWith } from './reuse.ts';
import type { StepPlace } from '../graph/unit.ts';
import type { RunFacts } from '../run/run-context.ts';
import { itemOf } from '../fan-out/item-of.ts';
import { orNothing } from './past-run.ts';
import type { PastRun } from './past-run.ts';
import { scopeOf } from '../attempt/scope.ts';
import { requireWhole, whatStays } from './what-stays.ts';
import type { StayOptions, Stays, Unit } from './what-stays.ts';

/**
 * What a resume will do with a step or item. `reuse`: it stays as it is · `stay_failed`: it failed, and the run goes on
 * without it again · `on`: the steps that run before it, on whose new output it depends.
 */
export type Forecast =
  | { readonly will: 'reuse' | 'stay_failed' }
  /** For its condition, or for how a need ended. */
  | { readonly will: 'skip' }
  | { readonly will: 'run' }
  | { readonly will: 'run_if_changed'; readonly on: readonly string[] };

export type PlannedUnit = StepPlace & Forecast;

/** Goes through a plan as a resume would, taking for the output of what will run what it came to the last time. */
export class Forecaster {
  readonly units: PlannedUnit[] = [];
  /** What the reused ones cost when they ran. */
  readonly saved = { calls: 0, tokensIn: 0, tokensOut: 0 };
  readonly #facts: RunFacts;
  readonly #past: PastRun;
  readonly #options: StayOptions;
  /** Steps that failed, and that the run goes on without. */
  readonly #continued = new Set<string>();
  /** By node id. */
  readonly #forecasts = new Map<string, PlannedUnit>();
  readonly #items = new Map<string, readonly Item[]>();
  /** Steps that fan out and are skipped before their items are found. */
  readonly #unfound = new Set<string>();

  constructor(past: PastRun, options: StayOptions) {
    this.#facts = past.facts;
    this.#past = past;
    this.#options = options;
  }

  /** Call it for each step after those it needs. */
  async forecast(step: PlanStep): Promise<void> {
    const unit = step.each === undefined ? await this.#unit(step) : await this.#fanOut(step);
    this.#forecasts.set(step.id, unit.own);
    this.units.push(unit.own, ...unit.items);
  }

  async #unit(step: PlanStep): Promise<Forecasted> {
    return { own: await this.#node({ step, place: { step: step.id }, needs: step.needs }), items: [] };
  }

  async #fanOut(step: PlanStep): Promise<Forecasted> {
    const from = itemwiseNeed(step);
    const place = { step: step.id };
    const on = this.#changing(step.needs.filter((need) => need !== from));
    if (on !== undefined && (await this.#isSkipped(step, { needs: step.needs, from }))) {
      this.#facts.results.set(step.id, { status: 'skipped' });
      this.#items.set(step.id, []);
      this.#unfound.add(step.id);
      return { own: { ...place, ...skips(on) }, items: [] };
    }
    const follows = from === undefined || this.#items.has(from);
    const found = on === undefined || !follows ? undefined : await this.#find(step);
    if (found === undefined || on === undefined) return { own: { ...place, will: 'run' }, items: [] };
    this.#items.set(step.id, found);
    const nodes = itemNodes(step, found).map(({ node }) => node);
    const items: PlannedUnit[] = [];
    for (const node of nodes) items.push(await this.#item(step, node, from));
    return { own: { ...place, ...this.#join(step, { found, nodes, items, on }) }, items };
  }

  async #item(step: PlanStep, node: ItemNode, from: string | undefined): Promise<PlannedUnit> {
    const needs = step.needs.map((need) => (need === from ? (node.needs[0] ?? need) : need));
    const unit = await this.#node({ step, place: { step: step.id, item: node.key }, needs, node });
    this.#forecasts.set(node.id, unit);
    return unit;
  }

  #join(step: PlanStep, { found, nodes, items, on }: Expanded): Forecast {
    if (nodes.some(({ id }) => this.#facts.results.get(id) === undefined)) return { will: 'run' };
    const joined = joinItems({ results: this.#facts.results, blobs: this.#past.blobs }, nodes);
    this.#facts.results.set(step.id, joined);
    if (items.some(({ will }) => will === 'run')) return { will: 'run' };
    const changing = new Set([...on, ...items.flatMap((item) => (item.will === 'run_if_changed' ? item.on : []))]);
    if (changing.size > 0) return { will: 'run_if_changed', on: [...changing] };
    const inputs = fanOutInputs(this.#facts, step, sha256(JSON.stringify(found)));
    const hash = inputHash(kindOf(this.#facts, step), inputs);
    const success = successWith(this.#past.state, { step: step.id }, hash);
    const same = success?.data.output.sha256 === joined.output.sha256 && !this.#options.anew.has(step.id);
    return { will: same ? 'reuse' : 'run' };
  }

  async #node(unit: Unit): Promise<PlannedUnit> {
    const { step, place, needs, node } = unit;
    const id = node?.id ?? step.id;
    const on = this.#changing(needs);
    if (on !== undefined && (await this.#isSkipped(step, unit))) {
      this.#facts.results.set(id, { status: 'skipped' });
      return { ...place, ...skips(on) };
    }
    const known = on === undefined ? undefined : await whatStays(this.#past, unit, this.#options);
    this.#note(unit, known);
    if (known === undefined || on === undefined) return { ...place, will: 'run' };
    if (on.length > 0) return { ...place, will: 'run_if_changed', on };
    if (known.success === undefined) return { ...place, will: 'stay_failed' };
    requireWhole(this.#past, place, known.success);
    this.#save(known.success);
    return { ...place, will: 'reuse' };
  }

  /** What it came to the last time: that stays, or is taken for what it will come to. */
  #note({ step, place, node }: Unit, known: Stays | undefined): void {
    const id = node?.id ?? step.id;
    const unit = unitAt(this.#past.state, place);
    const failure = step.on_failure === 'continue' ? unit?.failure : undefined;
    const success = known?.success ?? unit?.success;
    if (known?.success === undefined && failure !== undefined) {
      if (node === undefined) this.#continued.add(id);
      this.#facts.results.set(id, lapsedOf(failure.data));
    } else if (success !== undefined) this.#facts.results.set(id, settledOf(success.data, this.#past.blobs));
  }

  /** Whether what it needs keeps it from running, or its own condition does. */
  async #isSkipped(
    step: PlanStep,
    { needs, from, node }: Pick<Unit, 'needs' | 'node'> & { readonly from?: string | undefined },
  ): Promise<boolean> {
    const { results } = this.#facts;
    const blocked = needs.some((need, at) => {
      const found = this.#unfound.has(need) ? 'skipped' : 'succeeded';
      const status = need === from ? found : (results.get(need)?.status ?? 'succeeded');
      const isContinued = this.#continued.has(need);
      return !letsPass({ status, isContinued }, step.accept?.[step.needs[at] ?? need]);
    });
    if (blocked || step.when === undefined) return blocked;
    if (asksEachItem(step) !== (node !== undefined)) return false;
    const item = node && itemOf(results, node);
    const ask = async () => isWanted(step, scopeOf(this.#facts, step, item?.value));
    return (await orNothing(ask())) === false;
  }

  /** The steps that run before; undefined when one of them has never come to anything yet. */
  #changing(needs: readonly string[]): readonly string[] | undefined {
    const on = new Set<string>();
    for (const need of needs) {
      const unit = this.#forecasts.get(need);
      if (unit === undefined || this.#facts.results.get(need) === undefined) return undefined;
      if (unit.will === 'run') on.add(unit.step);
      if (unit.will === 'run_if_changed') for (const step of unit.on) on.add(step);
    }
    return [...on];
  }

  async #find(step: PlanStep): Promise<readonly Item[] | undefined> {
    const found = await orNothing(findItems(this.#facts, step, this.#items));
    return found?.ok === true ? found.value : undefined;
  }

  #save({ data }: Success): void {
    this.saved.calls += data.provider_calls;
    this.saved.tokensIn += data.tokens_in ?? 0;
    this.saved.tokensOut += data.tokens_out ?? 0;
  }
}

type Forecasted = { readonly own: PlannedUnit; readonly items: readonly PlannedUnit[] };

type Expanded = {
  readonly found: readonly Item[];
  readonly nodes: readonly ItemNode[];
  readonly items: readonly PlannedUnit[];
  readonly on: readonly string[];
};

function skips(on: readonly string[]): Forecast {
  return on.length > 0 ? { will: 'run_if_changed', on } : { will: 'skip' };
}
