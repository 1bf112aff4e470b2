import { basename, dirname, resolve } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, ProviderChoice } from '@orch/contracts';
import { explainResume, readJob, readOrigin } from '@orch/engine';
import type { ResumeOptions, ResumePlan } from '@orch/engine';
import { nameProvider, requireProvider } from '../providers/choose-provider.ts';
import type { ProviderQuestion } from '../providers/choose-provider.ts';
import { runPaths } from '@orch/filestore';
import { findJobFile, loadJobFile } from './load-job-file.ts';
import { OpenProviders, choiceBefore, choicesFor, choicesOf } from '../providers/open-providers.ts';
import { askAround, closingOnError, compileOptions, preparedWith, surroundings } from './prepare-run.ts';
import type { PrepareOptions, PreparedRun, Surroundings } from './prepare-run.ts';
import { requireReads } from './reads-of-job.ts';
import { knownSecrets } from '../secrets.ts';

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
  const providers = new OpenProviders(options);
  return forecast(dir, { around: surroundings(options), options, providers }).finally(() => providers.close());
}

/**
 * Everything before a run goes on: its job, what of it has to run, and who answers. The providers are those that the
 * run began with, unless the job file or `provider` now names others; one is only asked whether it is there when a step
 * will, or may, need it.
 */
export async function prepareResume(dir: string, options: PrepareResumeOptions = {}): Promise<PreparedRun> {
  const around = surroundings(options);
  const providers = new OpenProviders(options);
  return closingOnError(providers, async () => {
    const { job, plan } = await forecast(dir, { around, options, providers });
    const question = askAround(around, { written: { name: 'auto' }, jobDir: job.jobDir });
    const anybody = options.frozen === true || plan.grows;
    const needed = anybody ? choicesOf(job.plan) : plan.asking.flatMap((step) => choicesFor(step, job.plan));
    for (const choice of needed) await providers.open(choice, question);
    return preparedWith(providers, job, around);
  });
}

type Going = {
  readonly around: Surroundings;
  readonly options: PrepareResumeOptions;
  readonly providers: OpenProviders;
};

async function forecast(dir: string, going: Going): Promise<PlannedResume> {
  const { around, options } = going;
  requireProvider(options.provider);
  const job = await jobToRun(await readOwn(dir), going);
  const { hider } = knownSecrets(around.env, job.plan.secrets);
  return { job, plan: await explainResume(dir, job, { ...options, hider }) };
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

/** The run's own job, or one compiled anew when anything about it was said. */
async function jobToRun(own: Own, { around, options, providers }: Going): Promise<CompiledJob> {
  const { spec, provider: flag, vars } = options;
  if (own.job !== undefined && spec === undefined && flag === undefined && vars === undefined) {
    requireReads(own.job);
    return own.job;
  }
  const known = spec ?? (own.job === undefined ? own.file : own.job.spec.path);
  if (own.job === undefined && known === undefined) throw own.error;
  const before = own.job?.plan;
  const file = findJobFile(around.cwd, known);
  const choose = (asked: Pick<ProviderQuestion, 'written' | 'flag' | 'key'>, last: ProviderChoice | undefined) => {
    const question = askAround(around, { ...asked, jobDir: dirname(file) });
    return keptChoice(nameProvider(question), last) ?? providers.choose(question, () => last);
  };
  return loadJobFile(file, {
    ...compileOptions(around, options),
    provider: (written) => choose({ written, flag }, before?.provider),
    namedProvider: (name, written) => choose({ written, key: name }, choiceBefore(before, name, written)),
  });
}

/** The provider that was resolved when the run began, while the job still asks for the same. */
function keptChoice(named: ProviderChoice, before: ProviderChoice | undefined): ProviderChoice | undefined {
  if (before === undefined) return undefined;
  const { name, model } = before;
  if (named.name === 'auto' && name === 'replay') return before;
  const fits = named.name === 'auto' || (named.name === name && (named.model ?? model) === model);
  return fits ? { ...named, name, ...(model === undefined ? {} : { model }) } : undefined;
}
