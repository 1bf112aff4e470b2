import type { PlanStep } from '@orch/contracts';
import type { Success } from '@orch/events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@orch/cache';
import type { Item } from './each.ts';
import { fanOutInputs, findItems, joinItems } from './fan-out.ts';
import { itemNodes, itemwiseNeed } from './graph.ts';
import type { ItemNode } from './graph.ts';
import { inputHash } from './input-hash.ts';
import { kindOf, prepareAttempt } from './prepare-attempt.ts';
import { goneBlob, requireOutput, settledOf, successWith, unitAt } from './reuse.ts';
import type { StepPlace } from './reuse.ts';
import type { RunFacts } from './run-context.ts';
import { itemOf } from './item-of.ts';
import { orNothing } from './past-run.ts';
import type { PastRun } from './past-run.ts';
import { scopeOf } from './scope.ts';

/** What a resume will do with a step or item. `on`: the steps that run before it, on whose new output it depends. */
export type Forecast =
  | { readonly will: 'reuse' }
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
  readonly #anew: ReadonlySet<string>;
  /** By node id. */
  readonly #forecasts = new Map<string, PlannedUnit>();
  readonly #items = new Map<string, readonly Item[]>();

  /** `anew`: steps that run whatever they came to before. */
  constructor(past: PastRun, anew: ReadonlySet<string>) {
    this.#facts = past.facts;
    this.#past = past;
    this.#anew = anew;
  }

  /** Call it for each step after those it needs. */
  async forecast(step: PlanStep): Promise<void> {
    const unit = step.each === undefined ? await this.#unit(step) : await this.#fanOut(step);
    this.#forecasts.set(step.id, unit.own);
    this.units.push(unit.own, ...unit.items);
  }

  async #unit(step: PlanStep): Promise<Forecasted> {
    return { own: await this.#node(step, { step: step.id }, step.needs), items: [] };
  }

  async #fanOut(step: PlanStep): Promise<Forecasted> {
    const from = itemwiseNeed(step);
    const place = { step: step.id };
    const on = this.#changing(step.needs.filter((need) => need !== from));
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
    const unit = await this.#node(step, { step: step.id, item: node.key }, needs, node);
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
    const same = success?.data.output.sha256 === joined.output.sha256 && !this.#anew.has(step.id);
    return { will: same ? 'reuse' : 'run' };
  }

  async #node(step: PlanStep, place: StepPlace, needs: readonly string[], node?: ItemNode): Promise<PlannedUnit> {
    const on = this.#changing(needs);
    const success = on === undefined ? undefined : await this.#success(step, place, node);
    const last = success ?? unitAt(this.#past.state, place)?.success;
    if (last !== undefined) this.#facts.results.set(node?.id ?? step.id, settledOf(last.data, this.#past.blobs));
    if (success === undefined || on === undefined) return { ...place, will: 'run' };
    if (on.length > 0) return { ...place, will: 'run_if_changed', on };
    this.#requireWhole(place, success);
    this.#save(success);
    return { ...place, will: 'reuse' };
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

  async #success(step: PlanStep, place: StepPlace, node: ItemNode | undefined): Promise<Success | undefined> {
    if (this.#anew.has(step.id)) return undefined;
    const item = node && itemOf(this.#facts.results, node);
    const scope = scopeOf(this.#facts, step, item?.value);
    const prepared = await orNothing(prepareAttempt(this.#facts, { step, ...(item && { item }) }, scope));
    return prepared && successWith(this.#past.state, place, prepared.inputHash);
  }

  #requireWhole(place: StepPlace, { data }: Success): void {
    const { blobs } = this.#past;
    requireOutput(place, data.output, blobs);
    for (const { path, sha256: digest } of settledOf(data, blobs).files) {
      if (!blobs.has(digest) && !fits(join(this.#facts.paths.dir, path), digest))
        throw goneBlob(path, digest, place.step);
    }
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

function fits(file: string, digest: string): boolean {
  return existsSync(file) && sha256(readFileSync(file)) === digest;
}
