import { dirname } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, Plan, PlanStep, ProviderChoice } from '@orch/contracts';
import { buildDag, dependents, levels } from '@orch/dag';
import { basePaths } from '@orch/filestore';
import { asNow } from '../providers/choose-frozen.ts';
import { nameProvider, requireProvider } from '../providers/choose-provider.ts';
import { foreseeOutputs } from '../copy-outputs.ts';
import { readText, runsFolder } from '../environment.ts';
import type { Job } from '../define-job/job.ts';
import { loadJobFile } from '../prepare/load-job-file.ts';
import { askAround, compileOptions, lastPlanOf, surroundings, whereIs } from '../prepare/prepare-run.ts';
import type { PrepareOptions, Surroundings } from '../prepare/prepare-run.ts';
import { choiceBefore } from '../providers/open-providers.ts';
import { notesOnReads } from '../prepare/reads-of-job.ts';
import { requireSeparate } from '../prepare/require-separate.ts';
import { refuseWarnings } from '../prepare/refuse-warnings.ts';
import { openAnswers } from './answers.ts';
import type { Answers } from './answers.ts';
import { asFarAsKnown } from './as-far-as-known.ts';
import { mostCalls, sumOf } from './most-calls.ts';
import type { PlannedRun, PlannedStep } from './planned-run.ts';
import { planStep } from './planned-step.ts';
import { probeSteps } from './probe-steps.ts';

export type PlanRunOptions = PrepareOptions & {
  /** Only this step and what it needs. */
  readonly only?: string | undefined;
  readonly limit?: number | undefined;
};

/**
 * What a run of a job would do. Runs nothing, asks nobody and writes nothing beside a folder that is gone afterwards.
 * Where the job leaves open who answers, that is who answered the last time. Rejects with `spec` and `usage`.
 */
export async function planRun(spec: string | Job | undefined, options: PlanRunOptions = {}): Promise<PlannedRun> {
  const around = surroundings(options);
  const job = await compileUnasked(spec, around, options);
  const folder = runsFolder(options.runsDir, around);
  requireSeparate(job, folder);
  const steps = selected(job.plan.steps, options.only);
  const chosen = { ...job, plan: { ...job.plan, steps } };
  const notes = await notesOnReads(chosen);
  if (around.strict) refuseWarnings(notes);
  const probed = await probeSteps(chosen, options);
  const answers = openAnswers(job.plan, { ...around, cache: basePaths(folder).sharedCache, jobDir: job.jobDir });
  const planned: PlannedStep[] = [];
  const dag = buildDag(steps);
  if (!dag.ok) throw new OrchError('spec', dag.error.message);
  const byLevel = levels(dag.value);
  const waiting = whoWaits(steps);
  for (const [level, members] of byLevel.entries()) {
    for (const step of members) {
      const neededBy = waiting.get(step.id) ?? [];
      planned.push(
        await planStep(step, { level, neededBy, probed, answers, planned, limit: options.limit, plan: job.plan }),
      );
    }
  }
  const waits = steps.flatMap((step) =>
    questionsOf(step).map((written) => {
      const question = step.kind === 'approve' ? asFarAsKnown(written, job.plan) : written;
      const blocks = dependents(dag.value, step.id).map(({ id }) => id);
      return { step: step.id, question, blocks };
    }),
  );
  return {
    ...{ project: job.plan.project, planHash: job.planHash, provider: nameOf(job.plan.provider) },
    ...{ concurrency: job.plan.concurrency, levels: byLevel.map((level) => level.map(({ id }) => id)) },
    ...{ steps: planned, ...(await sums(planned, chosen.plan, answers)), waits },
    ...outputsOf(chosen, options),
    notes,
  };
}

/** What a person is asked, also by the job that a step runs. */
function questionsOf({ kind, fields }: PlanStep): string[] {
  if (kind === 'approve') return [fields['question'] as string];
  if (kind !== 'job') return [];
  return (fields['job'] as unknown as { readonly plan: Plan }).plan.steps.flatMap(questionsOf);
}

function whoWaits(steps: readonly PlanStep[]): ReadonlyMap<string, readonly string[]> {
  const pairs = steps.flatMap(({ id, needs }) => needs.map((need) => ({ id, need })));
  const groups = Map.groupBy(pairs, ({ need }) => need);
  return new Map([...groups].map(([need, group]) => [need, group.map(({ id }) => id)]));
}

async function compileUnasked(
  spec: string | Job | undefined,
  around: Surroundings,
  options: PlanRunOptions,
): Promise<CompiledJob> {
  requireProvider(options.provider);
  const { file, defined } = whereIs(spec, { ...options, cwd: around.cwd });
  const last = lastPlanOf(file, around, options);
  const nameOne = (written: ProviderChoice, flag?: string): ProviderChoice =>
    nameProvider(askAround(around, { written, flag, jobDir: dirname(file) }));
  return loadJobFile(file, {
    ...compileOptions(around, options),
    defined,
    provider: (written) => unasked(nameOne(written, options.provider), around, async () => (await last())?.provider),
    namedProvider: (name, written) =>
      unasked(nameOne(written), around, async () => choiceBefore(await last(), name, written)),
  });
}

/** Whom the job means, without asking whether they are there: what it leaves open is as the last time. */
async function unasked(
  named: ProviderChoice,
  { env }: Surroundings,
  last: () => Promise<ProviderChoice | undefined>,
): Promise<ProviderChoice> {
  if (named.name !== 'auto' && named.model !== undefined) return named;
  const model = named.name === 'auto' ? undefined : readText(env, ['PROVIDER_MODEL']);
  if (model !== undefined) return { ...named, model };
  const before = await last();
  if (before === undefined) return named;
  if (named.name === 'auto') return asNow(before, named);
  return before.name === named.name && before.model !== undefined ? { ...named, model: before.model } : named;
}

function nameOf(choice: ProviderChoice | undefined): string | null {
  if (choice === undefined) return null;
  return choice.model === undefined ? choice.name : `${choice.name}:${choice.model}`;
}

function selected(steps: readonly PlanStep[], only: string | undefined): readonly PlanStep[] {
  if (only === undefined) return steps;
  const byId = new Map(steps.map((step) => [step.id, step]));
  if (!byId.has(only)) {
    throw new OrchError('usage', `Expected --only to name a step of the job, got ${only}.`, {
      hint: `Its steps are ${[...byId.keys()].join(', ')}.`,
    });
  }
  const wanted = new Set([only]);
  for (const id of wanted) for (const need of byId.get(id)?.needs ?? []) wanted.add(need);
  return steps.filter(({ id }) => wanted.has(id));
}

async function sums(planned: readonly PlannedStep[], plan: Plan, answers: Answers) {
  const sum = (count: (step: PlannedStep) => number): number => planned.reduce((all, step) => all + count(step), 0);
  const asking = planned.filter(({ calls }) => calls.most !== 0);
  const areLocal = await Promise.all(
    plan.steps.filter((step) => mostCalls(step, 1, plan) !== 0).map((step) => answers.isLocal(step)),
  );
  return {
    calls: { least: sum(({ calls }) => calls.least), most: sumOf(planned.map(({ calls }) => calls.most)) },
    tokens: {
      in: sum(({ tokens }) => tokens ?? 0),
      unknownOf: asking.filter(({ tokens }) => tokens === null).map(({ id }) => id),
    },
    cost: areLocal.every(Boolean) ? (0 as const) : null,
  };
}

function outputsOf(job: CompiledJob, { only, limit }: PlanRunOptions): Pick<PlannedRun, 'outputs'> {
  if (only !== undefined || limit !== undefined) return {};
  const outputs = foreseeOutputs(job, knownFiles(job.plan));
  return outputs === undefined ? {} : { outputs };
}

/** The names of files that no template is in. */
function knownFiles({ steps }: Plan): string[] {
  const written = steps.flatMap(({ kind, fields }) => (kind === 'files' ? Object.keys(fields['write'] ?? {}) : []));
  return [...new Set(written)].filter((path) => !/\{[{%]/.test(path)).toSorted();
}
