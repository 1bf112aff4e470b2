import { basename, dirname, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, ProviderChoice } from '@orch/contracts';
import { explainResume, readJob, readOrigin } from '@orch/engine';
import type { ResumeOptions, ResumePlan } from '@orch/engine';
import { chooseFrozen } from './choose-frozen.ts';
import { chooseProvider, nameProvider, openProvider, requireProvider } from './choose-provider.ts';
import type { ChosenProvider } from './choose-provider.ts';
import { runPaths } from '@orch/filestore';
import { findJobFile, loadJobFile } from './load-job-file.ts';
import { askAround, compileOptions, preparedWith, surroundings } from './prepare-run.ts';
import type { PrepareOptions, PreparedRun, Surroundings } from './prepare-run.ts';
import { requireReads } from './reads-of-job.ts';

export type PrepareResumeOptions = PrepareOptions &
  ResumeOptions & {
    /** A job file to compile anew; the run's own plan unless given. */
    readonly spec?: string | undefined;
    /** Only this step and what it needs will run. */
    readonly only?: string | undefined;
    readonly limit?: number | undefined;
  };

export type PlannedResume = {
  readonly job: CompiledJob;
  /** What the resume will reuse, run, and perhaps run. */
  readonly plan: ResumePlan;
};

/** What going on with a run would do: nothing is run or written, and nobody is asked unless the job names another provider. */
export async function planResume(dir: string, options: PrepareResumeOptions = {}): Promise<PlannedResume> {
  const { chosen, ...planned } = await forecast(dir, surroundings(options), options);
  await chosen?.provider.close?.();
  return planned;
}

/**
 * Everything before a run goes on: its job, what of it has to run, and who answers. The provider is the one that the
 * run began with, unless the job file or `provider` now names another; it is only asked whether it is there when a step
 * will, or may, need it.
 */
export async function prepareResume(dir: string, options: PrepareResumeOptions = {}): Promise<PreparedRun> {
  const around = surroundings(options);
  const { job, plan, chosen } = await forecast(dir, around, options);
  const { provider } = job.plan;
  const question = askAround(around, { written: provider ?? { name: 'auto' }, jobDir: job.jobDir });
  if (options.frozen === true) {
    return preparedWith(provider && (await chooseFrozen({ ...question, flag: undefined }, provider)), job, around);
  }
  const isNeeded = chosen === undefined && plan.asks && provider !== undefined;
  return preparedWith(isNeeded ? await openProvider(provider, question) : chosen, job, around);
}

async function forecast(dir: string, around: Surroundings, options: PrepareResumeOptions) {
  requireProvider(options.provider);
  const { job, chosen } = await jobToRun(await readOwn(dir), around, options);
  return { job, chosen, plan: await explainResume(dir, job, options) };
}

/** A run that was begun, or how to begin one that was killed before it could be. */
type Own =
  | { readonly job: CompiledJob }
  | { readonly job?: never; readonly file: string | undefined; readonly error: OrchError };

async function readOwn(dir: string): Promise<Own> {
  try {
    return { job: await readJob(dir) };
  } catch (error) {
    if (!OrchError.is(error) || error.code !== 'not_found') throw error;
    return { file: readOrigin(runPaths(dirname(resolve(dir)), basename(dir))), error };
  }
}

type JobToRun = { readonly job: CompiledJob; readonly chosen?: ChosenProvider | undefined };

/** The run's own job, or one compiled anew when anything about it was said. */
async function jobToRun(own: Own, around: Surroundings, options: PrepareResumeOptions): Promise<JobToRun> {
  const { spec, provider: flag, vars } = options;
  if (own.job !== undefined && spec === undefined && flag === undefined && vars === undefined) {
    requireReads(own.job);
    return { job: own.job };
  }
  const known = spec ?? (own.job === undefined ? own.file : own.job.spec.path);
  if (own.job === undefined && known === undefined) throw own.error;
  const before = own.job?.plan.provider;
  const file = findJobFile(around.cwd, known);
  let chosen: ChosenProvider | undefined;
  const job = await loadJobFile(file, {
    ...compileOptions(around, options),
    async provider(written) {
      const question = askAround(around, { written, flag, jobDir: dirname(file) });
      const kept = keptChoice(nameProvider(question), before);
      if (kept !== undefined) return kept;
      chosen = options.frozen === true ? await chooseFrozen(question, before) : await chooseProvider(question);
      return chosen.choice;
    },
  });
  return { job, chosen };
}

/** The provider that was resolved when the run began, while the job still asks for the same. */
function keptChoice(named: ProviderChoice, before: ProviderChoice | undefined): ProviderChoice | undefined {
  if (before === undefined) return undefined;
  const { name, model } = before;
  if (named.name === 'auto' && name === 'replay') return before;
  const fits = named.name === 'auto' || (named.name === name && (named.model ?? model) === model);
  return fits ? { ...named, name, ...(model === undefined ? {} : { model }) } : undefined;
}
