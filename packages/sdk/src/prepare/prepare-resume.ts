import { basename, dirname, isAbsolute, join, resolve, sep } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { CompiledJob, ProviderChoice } from '@orch/contracts';
import { explainResume, readJob, readOrigin } from '@orch/engine';
import type { ResumeOptions, ResumePlan } from '@orch/engine';
import { answersFromFiles, nameProvider, requireProvider } from '../providers/choose-provider.ts';
import type { ProviderQuestion } from '../providers/choose-provider.ts';
import { runPaths } from '@orch/filestore';
import { givenTo, withGiven } from './given.ts';
import { findJobFile, loadJobFile } from './load-job-file.ts';
import { OpenProviders, choiceBefore, choicesFor, choicesOf } from '../providers/open-providers.ts';
import { askAround, closingOnError, compileOptions, preparedWith, surroundings } from './prepare-run.ts';
import type { PrepareOptions, PreparedRun, Surroundings } from './prepare-run.ts';
import { isFile, requireReads } from './reads-of-job.ts';
import { requireSeparate } from './require-separate.ts';

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
  const around = surroundings(options);
  const providers = new OpenProviders(options);
  const planned = await closingOnError({ providers, around }, () => forecast(dir, { around, options, providers }));
  await providers.close();
  return planned;
}

/**
 * Everything before a run goes on: its job, what of it has to run, and who answers. The providers are those that the
 * run began with, unless the job file or `provider` now names others; one is only asked whether it is there when a step
 * will, or may, need it.
 */
export async function prepareResume(dir: string, options: PrepareResumeOptions = {}): Promise<PreparedRun> {
  const around = surroundings(options);
  const providers = new OpenProviders(options);
  return closingOnError({ providers, around }, async () => {
    const { job, plan } = await forecast(dir, { around, options, providers });
    const anybody = options.frozen === true || plan.grows;
    const needed = anybody ? choicesOf(job) : plan.asking.flatMap((step) => choicesFor(step, job));
    for (const { choice, jobDir } of needed)
      await providers.open(choice, askAround(around, { written: choice, jobDir }));
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
  // The copies that a job of another machine is run from lie in the folder of runs themselves.
  if (!job.jobDir.startsWith(resolve(dir) + sep)) requireSeparate(job, dirname(resolve(dir)));
  const { hider } = around.secrets.learn(job.plan.secrets);
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
async function jobToRun(own: Own, going: Going): Promise<CompiledJob> {
  const { spec, provider, vars } = going.options;
  if (own.job === undefined || spec !== undefined || provider !== undefined || vars !== undefined) {
    return compileAnew(own, going);
  }
  requireReads(own.job);
  return own.job;
}

/** With what was said when the run began, where it is not said otherwise now. */
async function compileAnew(own: Own, { around, options, providers }: Going): Promise<CompiledJob> {
  const before = own.job?.plan;
  const { vars: keptVars, provider } = own.job === undefined ? {} : givenTo(own.job);
  const flag = options.provider ?? provider;
  const file = options.spec === undefined ? ownFile(own, around.cwd) : findJobFile(around.cwd, options.spec);
  const choose = (asked: Asked, last: ProviderChoice | undefined) => {
    const question = askAround(around, { jobDir: dirname(file), ...asked });
    return keptChoice(nameProvider(question), last) ?? providers.choose(question, () => last);
  };
  const job = await loadJobFile(file, {
    ...compileOptions(around, options),
    ...{ keptVars, kept: options.spec === undefined ? own.job : undefined, project: before?.project },
    provider: (written) => choose({ written, flag }, before?.provider),
    namedProvider: (name, written, own) =>
      choose(
        { written, key: name, ...(answersFromFiles(written) && { jobDir: own }) },
        choiceBefore(before, name, written),
      ),
  });
  return withGiven(job, { vars: { ...keptVars, ...options.vars }, provider: flag });
}

type Asked = Pick<ProviderQuestion, 'written' | 'flag' | 'key'> & { readonly jobDir?: string };

/** Where it stands, or would stand beside the files of the run: of a job that code defined there never was one. */
function ownFile(own: Own, cwd: string): string {
  if (own.job === undefined) {
    if (own.file === undefined) throw own.error;
    return findJobFile(cwd, own.file);
  }
  const { spec, jobDir } = own.job;
  return isAbsolute(spec.path) && isFile(spec.path) ? spec.path : join(jobDir, basename(spec.path));
}

/** The provider that was resolved when the run began, while the job still asks for the same. */
function keptChoice(named: ProviderChoice, before: ProviderChoice | undefined): ProviderChoice | undefined {
  if (before === undefined) return undefined;
  const { name, model } = before;
  if (named.name === 'auto' && name === 'replay') return before;
  const fits = named.name === 'auto' || (named.name === name && (named.model ?? model) === model);
  return fits ? { ...named, name, ...(model === undefined ? {} : { model }) } : undefined;
}
