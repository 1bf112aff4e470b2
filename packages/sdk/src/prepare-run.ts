import { dirname, join, resolve } from 'node:path';
import type { Clock, CompiledJob, JsonObject, Provider, ProviderChoice } from '@orch/contracts';
import { readJob, systemClock } from '@orch/engine';
import type { EnginePorts } from '@orch/engine';
import { commandEnv } from '@orch/process';
import { chooseFrozen } from './choose-frozen.ts';
import { chooseProvider, requireProvider } from './choose-provider.ts';
import type { ChosenProvider, ProviderQuestion } from './choose-provider.ts';
import { readConcurrency, runsFolder, withDotenv } from './environment.ts';
import type { Environment } from './environment.ts';
import type { Job } from './define-job/job.ts';
import { definedFile, findJobFile, loadJobFile } from './load-job-file.ts';
import { newestRunOf } from './newest-run-of.ts';
import { notesOnReads } from './reads-of-job.ts';
import { refuseWarnings } from './refuse-warnings.ts';

export type PrepareOptions = {
  /** The folder that relative paths count from; that of the process unless given. */
  readonly cwd?: string | undefined;
  /** The folder that the paths in a job count from which is no file; `cwd` unless given. */
  readonly jobDir?: string | undefined;
  /** The environment; that of the process unless given. `.env` in `cwd` stands under it. */
  readonly env?: Environment | undefined;
  /** `name` or `name:model`, over what the job says. */
  readonly provider?: string | undefined;
  readonly vars?: JsonObject | undefined;
  /** Nobody will be called: nobody is asked whether they are there either. */
  readonly frozen?: boolean | undefined;
  /** The folder of all runs, where a frozen run looks up who answered before. */
  readonly runsDir?: string | undefined;
  /** What a person would only be warned of is an error `spec`, such as globs that find nothing. */
  readonly strict?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
};

export type PreparedRun = {
  readonly job: CompiledJob;
  readonly ports: EnginePorts;
  /** What a person should know before the run: which model was found, that no model is called, globs that find nothing. */
  readonly notes: readonly string[];
  /** Frees the connections of the provider. */
  close(): Promise<void>;
};

/** Everything before a run: reads and compiles the job, decides who answers, and asks whether they are there. */
export async function prepareRun(spec: string | Job | undefined, options: PrepareOptions = {}): Promise<PreparedRun> {
  const around = surroundings(options);
  requireProvider(options.provider);
  const { file, defined } = whereIs(spec, { ...options, cwd: around.cwd });
  let chosen: (ChosenProvider & { readonly recordings?: Provider | undefined }) | undefined;
  const job = await loadJobFile(file, {
    ...compileOptions(around, options),
    defined,
    async provider(written) {
      const question = askAround(around, { written, flag: options.provider, jobDir: dirname(file) });
      chosen =
        options.frozen === true
          ? await chooseFrozen(question, await lastChoice(file, around, options))
          : await chooseProvider(question);
      return chosen.choice;
    },
  });
  return preparedWith(chosen, job, around);
}

/** The absolute path of a job file; for a job that is none, where it would stand. */
export function whereIs(
  spec: string | Job | undefined,
  { cwd, jobDir = '.' }: { readonly cwd: string; readonly jobDir?: string | undefined },
): { readonly file: string; readonly defined?: Job } {
  if (typeof spec !== 'object') return { file: findJobFile(cwd, spec) };
  return { file: resolve(cwd, jobDir, definedFile), defined: spec };
}

/** The provider of the newest run of a job file. */
export async function lastChoice(
  file: string,
  { cwd, env }: Surroundings,
  { runsDir }: PrepareOptions,
): Promise<ProviderChoice | undefined> {
  const last = await newestRunOf(runsFolder(runsDir, { cwd, env }), file, { cwd, finished: true });
  return last === undefined ? undefined : (await readJob(last)).plan.provider;
}

/** Where a run is prepared. */
export type Surroundings = {
  readonly cwd: string;
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Warnings are errors. */
  readonly strict: boolean;
};

export function surroundings(options: PrepareOptions): Surroundings {
  const { cwd = process.cwd(), clock = systemClock, signal = new AbortController().signal } = options;
  const { strict = false } = options;
  return { cwd: resolve(cwd), env: withDotenv(options.env ?? process.env, cwd), clock, signal, strict };
}

export function compileOptions({ cwd, env }: Surroundings, { vars }: PrepareOptions) {
  return { cwd, concurrency: readConcurrency(env), ...(vars === undefined ? {} : { vars }) };
}

type Asked = Pick<ProviderQuestion, 'written' | 'flag'> & { readonly jobDir: string };

export function askAround(around: Surroundings, { jobDir, ...asked }: Asked): ProviderQuestion {
  return { ...around, ...asked, recordings: join(jobDir, 'recordings') };
}

export async function preparedWith(
  chosen: (ChosenProvider & { readonly recordings?: Provider | undefined }) | undefined,
  job: CompiledJob,
  { clock, env, strict }: Surroundings,
): Promise<PreparedRun> {
  const provider = chosen?.provider;
  const warnings = await notesOnReads(job);
  if (strict && warnings.length > 0) {
    await provider?.close?.();
    refuseWarnings(warnings);
  }
  return {
    job,
    ports: { provider, recordings: chosen?.recordings, clock, commandEnv: commandEnv(env) },
    notes: [...(chosen?.notes ?? []), ...warnings],
    close: async () => provider?.close?.(),
  };
}
