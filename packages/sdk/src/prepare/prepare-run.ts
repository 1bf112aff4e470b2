import { dirname, resolve } from 'node:path';
import type { Clock, CompiledJob, JsonObject, Plan, ProviderChoice } from '@orch/contracts';
import { readJob, systemClock } from '@orch/engine';
import type { EnginePorts } from '@orch/engine';
import { openToolServers } from '@orch/mcp';
import { commandEnv } from '@orch/process';
import { answersFromFiles, requireProvider } from '../providers/choose-provider.ts';
import type { ProviderQuestion } from '../providers/choose-provider.ts';
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
import { requireSecrets } from '../secrets.ts';

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
  /** Frees the connections of the provider, and ends the servers of tools. */
  close(): Promise<void>;
};

/** Everything before a run: reads and compiles the job, decides who answers, and asks whether they are there. */
export async function prepareRun(spec: string | Job | undefined, options: PrepareOptions = {}): Promise<PreparedRun> {
  const around = surroundings(options);
  requireProvider(options.provider);
  const { file, defined } = whereIs(spec, { ...options, cwd: around.cwd });
  const providers = new OpenProviders(options);
  const last = lastPlanOf(file, around, options);
  const ask = (written: ProviderChoice, flag?: string): ProviderQuestion =>
    askAround(around, { written, flag, jobDir: dirname(file) });
  const askFor = (written: ProviderChoice, own: string): ProviderQuestion =>
    askAround(around, { written, jobDir: answersFromFiles(written) ? own : dirname(file) });
  return closingOnError(providers, async () => {
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

/** Whoever was opened is closed again when nothing comes of it. */
export async function closingOnError<T>(providers: OpenProviders, prepare: () => Promise<T>): Promise<T> {
  try {
    return await prepare();
  } catch (error) {
    await providers.close();
    throw error;
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
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Warnings are errors. */
  readonly strict: boolean;
};

export function surroundings(options: PrepareOptions): Surroundings {
  const { cwd = process.cwd(), clock = systemClock, signal = new AbortController().signal } = options;
  const { strict = false } = options;
  const env = withDotenv(options.env ?? process.env, cwd);
  return { cwd: resolve(cwd), env, clock, signal, strict, exposed: new Set() };
}

export function compileOptions({ cwd, env, exposed }: Surroundings, { vars }: PrepareOptions) {
  const onSecret = (name: string): void => void exposed.add(name);
  return { cwd, env, onSecret, concurrency: readConcurrency(env), ...(vars === undefined ? {} : { vars }) };
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
  const { hider, values: secrets } = requireSecrets(env, job.plan.secrets ?? [], job.plan);
  const warnings = [...[...exposed].map(exposedNote), ...(await notesOnReads(job))];
  if (strict) refuseWarnings(warnings);
  const ours = commandEnv(env);
  const tools = openToolServers({ env: ours, jobDir: job.jobDir, secrets: namedIn(job.plan, secrets), hider, clock });
  const ports = { ...providers.lend(job, hider, around), clock, commandEnv: ours, hider, secrets, tools };
  const notes = [...providers.notes, ...warnings].map((note) => hider.text(note));
  const close = async (): Promise<void> => void (await Promise.all([tools.close(), providers.close()]));
  return { job, ports, notes, close };
}

/** A server of tools gets no secret that the job does not name. */
function namedIn({ secrets = [] }: Plan, values: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  return new Map([...values].filter(([name]) => secrets.includes(name)));
}

function exposedNote(name: string): string {
  return `warning: the value of ${name} stands in the job: it is kept and handed on as ***. In \`env\` and \`headers\`, write {secret: ${name}}.`;
}
