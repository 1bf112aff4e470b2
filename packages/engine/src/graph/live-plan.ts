import { readFile } from 'node:fs/promises';
import { OrchError } from '@orch/contracts';
import type { BlobStore, CompiledJob, Digest, EventData, JsonObject, PlanStep, StepKind } from '@orch/contracts';
import type { NodeSpec } from '@orch/dag';
import { planSteps } from '@orch/events';
import type { RunView } from '@orch/events';
import { addedSteps, stepsOf } from './added-steps.ts';
import { planNodes } from './graph.ts';
import type { RunNode } from './graph.ts';
import { whyNotJoin } from './joining-steps.ts';
import { builtinKinds } from '../kinds/index.ts';
import { storeOutput } from '../run/outputs.ts';
import { PlanDigest } from './plan-digest.ts';
import type { CompileSteps } from '../ports.ts';
import type { StepPlace } from './unit.ts';

type Around = {
  readonly job: CompiledJob;
  readonly blobs: BlobStore;
  readonly state: RunView;
  readonly kinds: ReadonlyMap<string, StepKind>;
  readonly compileSteps: CompileSteps;
  /** Where only some steps shall run. */
  readonly wanted: ReadonlySet<string> | undefined;
  readonly push: (extended: EventData['plan.extended'], where: StepPlace) => void;
};

/** Nodes that join the graph; undefined when there are none. */
type Joining = readonly NodeSpec<RunNode>[] | undefined;

/** How many steps may join one run, and how long a chain of steps may be that each added the next. */
const most = { added: 10_000, generations: 100 };

/** The steps of a run: those of its job, and those that others returned while it ran. */
export class LivePlan {
  readonly #around: Around;
  /** Those of the graph, by id. */
  readonly #steps: Map<string, PlanStep>;
  /** Of those that joined: who added them, and after how many others. */
  readonly #origins = new Map<string, { readonly by: string; readonly generation: number }>();
  #digest: PlanDigest | undefined;
  /** Two that add steps at once do so one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(around: Around) {
    this.#around = around;
    this.#steps = new Map(around.job.plan.steps.map((step) => [step.id, step]));
    planSteps(
      around.state,
      [...this.known()].map(({ id }) => id),
    );
  }

  /** The steps of the job, and those that the log tells of. */
  known(): readonly PlanStep[] {
    const { job, state, blobs } = this.#around;
    return [...job.plan.steps, ...addedSteps(state, job.plan.steps, blobs)];
  }

  /** The steps that a step or item with these inputs added before; undefined when they do not fit the plan any more. */
  recall(where: StepPlace, inputHash: Digest): readonly PlanStep[] | undefined {
    const extension = this.#around.state.extensions.get(nameOf(where));
    if (extension?.inputHash !== inputHash) return [];
    const steps = stepsOf(extension, this.#around.blobs);
    return this.#whyNot(where, steps) === undefined ? steps : undefined;
  }

  /** Takes in steps that were recalled; returns their nodes. */
  join({ step: by }: StepPlace, steps: readonly PlanStep[]): Joining {
    if (steps.length === 0) return undefined;
    const generation = this.#generationAfter(by);
    for (const step of steps) {
      this.#steps.set(step.id, step);
      this.#origins.set(step.id, { by, generation });
    }
    this.#digest?.add(steps);
    const { wanted } = this.#around;
    const running = wanted === undefined ? steps : steps.filter(({ id }) => wanted.has(id));
    return planNodes(running).map((node) => ({ node }));
  }

  /** Compiles steps that a step or item returned, puts them into the log, and takes them in; returns their nodes. */
  async grow(where: StepPlace, inputHash: Digest, written: JsonObject = {}): Promise<Joining> {
    if (Object.keys(written).length === 0) {
      this.#forgetAdded(where, inputHash);
      return undefined;
    }
    const grown = this.#turn.then(() => this.#grow(where, inputHash, written));
    this.#turn = grown.catch(() => undefined); // told to who asked for it
    return grown;
  }

  /**
   * Steps of earlier attempts whose turn did not come again are no part of the plan any more; the others stand in the
   * order of `known`, whichever joined first.
   */
  settle(): void {
    const { state } = this.#around;
    if (state.extensions.size === 0) return;
    const known = this.known().map(({ id }) => id);
    planSteps(state, known, [...(state.planned ?? [])]);
  }

  async #grow(where: StepPlace, inputHash: Digest, written: JsonObject): Promise<Joining> {
    const steps = (await this.#compile(where, written)).map((step) => needing(step, where.step));
    const why = this.#whyNot(where, steps);
    if (why !== undefined) throw misfit(where, [why]);
    const dropped = this.#addedBefore(where);
    const nodes = this.join(where, steps);
    this.#tell(where, inputHash, steps);
    planSteps(
      this.#around.state,
      steps.map(({ id }) => id),
      dropped,
    );
    return nodes;
  }

  async #compile(where: StepPlace, written: JsonObject): Promise<readonly PlanStep[]> {
    const { compileSteps, job, kinds } = this.#around;
    const compiled = await compileSteps(written, {
      plan: job.plan,
      existing: [...this.#steps.values()],
      jobDir: job.jobDir,
      readFile: (path) => readFile(path, 'utf8'),
      kinds: new Map([...kinds].filter(([name]) => !builtinKinds.has(name))),
    });
    if (compiled.ok) return compiled.value;
    throw misfit(
      where,
      compiled.error.map(({ message }) => message),
      compiled.error.find(({ hint }) => hint !== undefined)?.hint,
    );
  }

  #whyNot({ step: by }: StepPlace, steps: readonly PlanStep[]): string | undefined {
    if (this.#origins.size + steps.length > most.added) {
      return `expected at most ${most.added} steps to join a run, this would make ${this.#origins.size + steps.length}`;
    }
    if (this.#generationAfter(by) > most.generations) {
      return `expected at most ${most.generations} steps that each add the next, ${by} would add one more`;
    }
    return whyNotJoin(steps, { by, steps: this.#steps, origins: this.#origins, kinds: this.#around.kinds });
  }

  #generationAfter(step: string): number {
    return (this.#origins.get(step)?.generation ?? 0) + 1;
  }

  #tell(where: StepPlace, input_hash: Digest, steps: readonly PlanStep[]): void {
    const { blobs, push } = this.#around;
    this.#digest ??= this.#digestNow();
    const ref = storeOutput(steps, blobs);
    const told = { by: where.step, input_hash, steps: ref, count: steps.length, plan_hash: this.#digest.value };
    push(told, where);
  }

  #digestNow(): PlanDigest {
    return new PlanDigest({ ...this.#around.job.plan, steps: [...this.#steps.values()] });
  }

  /** It was run again, and adds nothing now. */
  #forgetAdded(where: StepPlace, inputHash: Digest): void {
    const { state } = this.#around;
    const before = this.#addedBefore(where);
    if (state.extensions.get(nameOf(where))?.inputHash === inputHash) this.#tell(where, inputHash, []);
    if (before.length > 0) planSteps(state, [], before);
  }

  /** What came of it in an earlier attempt of the run, also indirectly, and has not joined this one. */
  #addedBefore(where: StepPlace): string[] {
    const { state, blobs } = this.#around;
    const extension = state.extensions.get(nameOf(where));
    if (extension === undefined) return [];
    const own = stepsOf(extension, blobs);
    const all = [...own, ...addedSteps(state, own, blobs)].map(({ id }) => id);
    return all.filter((id) => !this.#steps.has(id));
  }
}

function nameOf({ step, item }: StepPlace): string {
  return item === undefined ? step : `${step}/${item}`;
}

function needing(step: PlanStep, by: string): PlanStep {
  return step.needs.includes(by) ? step : { ...step, needs: [...step.needs, by] };
}

function misfit({ step }: StepPlace, problems: readonly string[], hint?: string): OrchError {
  return new OrchError('spec', `Expected step ${step} to return steps that fit the job: ${problems.join('\n')}`, {
    hint,
  });
}
