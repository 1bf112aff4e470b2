import { dirname, resolve } from 'node:path';
import type { Clock, CompiledJob, Hider, JsonObject, Plan, ProviderChoice } from '@orch/contracts';
import { readJob, systemClock } from '@orch/engine';
import type { EnginePorts } from '@orch/engine';
import { openToolServers } from '@orch/mcp';
import { commandEnv } from '@orch/process';
import { hideThrown } from '@orch/secrets';
import { answersFromFiles, requireProvider, requireVariables } from '../providers/choose-provider.ts';
import type { ProviderQuestion } from '../providers/choose-provider.ts';
import { refusals } from '../providers/why-refused.ts';
import { readConcurrency, runsFolder, withDotenv } from '../environment.ts';
import type { Environment } from '../environment.ts';
import type { Job } from '../define-job/job.ts';
import { withGiven } from './given.ts';
import { definedFile, findJobFile, loadJobFile } from './load-job-file.ts';
import { newestRunOf } from '../read/newest-run-of.ts';
import { OpenProviders, choiceBefore, recordingsOf } from '../providers/open-providers.ts';
import { notesOnReads } from './reads-of-job.ts';
import { refuseWarnings } from './refuse-warnings.ts';
import { requireSeparate } from './require-separate.ts';
import { Secrets } from '../secrets.ts';

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
  /** Told what takes out the secrets of the environment, and again when the job was read, before anybody is asked. */
  readonly onSecrets?: ((hider: Hider) => void) | undefined;
};

export type PreparedRun = {
  readonly job: CompiledJob;
  readonly ports: EnginePorts;
  /** What a person should know before the run: which model was found, that no model is called, globs that find nothing. */
  readonly notes: readonly string[];
  /** Frees the connections of the provider, and ends the servers of tools. */
  close(): Promise<void>;
};

/** Everything before a run: reads and compiles the job, decides who answers, and asks whether they are there. */
export async function prepareRun(spec: string | Job | undefined, options: PrepareOptions = {}): Promise<PreparedRun> {
  const around = surroundings(options);
  const providers = new OpenProviders(options);
  return closingOnError({ providers, around }, async () => {
    requireProvider(options.provider);
    const { file, defined } = whereIs(spec, { ...options, cwd: around.cwd });
    const last = lastPlanOf(file, around, options);
    const ask = (written: ProviderChoice, flag?: string): ProviderQuestion =>
      askAround(around, { written, flag, jobDir: dirname(file) });
    const askFor = (written: ProviderChoice, own: string): ProviderQuestion =>
      askAround(around, { written, jobDir: answersFromFiles(written) ? own : dirname(file) });
    const job = await loadJobFile(file, {
      ...compileOptions(around, options),
      defined,
      provider: (written) => providers.choose(ask(written, options.provider), async () => (await last())?.provider),
      namedProvider: (name, written, own) =>
        providers.choose({ ...askFor(written, own), key: name }, async () => choiceBefore(await last(), name, written)),
    });
    requireSeparate(job, runsFolder(options.runsDir, around));
    return preparedWith(providers, withGiven(job, options), around);
  });
}

type Preparing = { readonly providers: OpenProviders; readonly around: Surroundings };

/** Whoever was opened is closed again when nothing comes of it, and what is thrown quotes no secret. */
export async function closingOnError<T>({ providers, around }: Preparing, prepare: () => Promise<T>): Promise<T> {
  try {
    return await prepare();
  } catch (error) {
    await providers.close();
    throw hideThrown(error, around.secrets.hider);
  }
}

/** The absolute path of a job file; for a job that is none, where it would stand. */
export function whereIs(
  spec: string | Job | undefined,
  { cwd, jobDir = '.' }: { readonly cwd: string; readonly jobDir?: string | undefined },
): { readonly file: string; readonly defined?: Job } {
  if (typeof spec !== 'object') return { file: findJobFile(cwd, spec) };
  return { file: resolve(cwd, jobDir, definedFile), defined: spec };
}

/** Finds the plan of the newest run of a job file, once. */
export function lastPlanOf(
  file: string,
  { cwd, env }: Surroundings,
  { runsDir }: PrepareOptions,
): () => Promise<Plan | undefined> {
  let found: Promise<Plan | undefined> | undefined;
  const find = async (): Promise<Plan | undefined> => {
    const last = await newestRunOf(runsFolder(runsDir, { cwd, env }), file, { cwd, finished: true });
    return last === undefined ? undefined : (await readJob(last)).plan;
  };
  return () => (found ??= find());
}

/** Where a run is prepared. */
export type Surroundings = {
  /** Variables whose secret values were found in the job as they are. */
  readonly exposed: Set<string>;
  readonly cwd: string;
  readonly env: Environment;
  readonly secrets: Secrets;
  /** Takes out the secrets that are known by then. */
  readonly hide: (text: string) => string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Warnings are errors. */
  readonly strict: boolean;
};

export function surroundings(options: PrepareOptions): Surroundings {
  const { cwd = process.cwd(), clock = systemClock, signal = new AbortController().signal } = options;
  const { strict = false } = options;
  const env = withDotenv(options.env ?? process.env, cwd);
  const secrets = new Secrets(env, options.onSecrets);
  try {
    requireVariables(env);
  } catch (error) {
    throw hideThrown(error, secrets.hider);
  }
  const hide = (text: string): string => secrets.hider.text(text);
  return { cwd: resolve(cwd), env, secrets, hide, clock, signal, strict, exposed: new Set() };
}

export function compileOptions(around: Surroundings, { vars }: PrepareOptions) {
  const { cwd, env, secrets, exposed } = around;
  const onExposed = (name: string): void => void exposed.add(name);
  return {
    ...{ cwd, secrets, onExposed, concurrency: readConcurrency(env), ...(vars === undefined ? {} : { vars }) },
    whyRefused: refusals(around),
  };
}

type Asked = Pick<ProviderQuestion, 'written' | 'flag' | 'key'> & { readonly jobDir: string };

export function askAround(around: Surroundings, { jobDir, ...asked }: Asked): ProviderQuestion {
  return { ...around, ...asked, recordings: recordingsOf(jobDir) };
}

export async function preparedWith(
  providers: OpenProviders,
  job: CompiledJob,
  around: Surroundings,
): Promise<PreparedRun> {
  const { clock, env, strict, exposed } = around;
  const secrets = around.secrets.require(job.plan);
  const { hider } = around.secrets;
  const warnings = [...[...exposed].map(exposedNote), ...(await notesOnReads(job))];
  if (strict) refuseWarnings(warnings);
  const ours = commandEnv(env);
  const tools = openToolServers({ env: ours, jobDir: job.jobDir, secrets, hider, clock });
  const ports = { ...providers.lend(job, hider, around), clock, commandEnv: ours, hider, secrets, tools };
  const notes = [...providers.notes, ...warnings].map((note) => hider.text(note));
  const close = async (): Promise<void> => void (await Promise.all([tools.close(), providers.close()]));
  return { job, ports, notes, close };
}

function exposedNote(name: string): string {
  return `warning: the value of ${name} stands in the job: it is kept and handed on as ***. In \`env\` and \`headers\`, write {secret: ${name}}.`;
}
