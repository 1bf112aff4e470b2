import { dirname, join, resolve } from 'node:path';
import type { Clock, CompiledJob, JsonObject } from '@orch/contracts';
import { systemClock } from '@orch/engine';
import type { EnginePorts } from '@orch/engine';
import { commandEnv } from '@orch/process';
import { chooseProvider } from './choose-provider.ts';
import type { ChosenProvider, ProviderQuestion } from './choose-provider.ts';
import { readConcurrency, withDotenv } from './environment.ts';
import type { Environment } from './environment.ts';
import { findJobFile, loadJobFile } from './load-job-file.ts';

export type PrepareOptions = {
  /** The folder that relative paths count from; that of the process unless given. */
  readonly cwd?: string | undefined;
  /** The environment; that of the process unless given. `.env` in `cwd` stands under it. */
  readonly env?: Environment | undefined;
  /** `name` or `name:model`, over what the job says. */
  readonly provider?: string | undefined;
  readonly vars?: JsonObject | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly clock?: Clock | undefined;
};

export type PreparedRun = {
  readonly job: CompiledJob;
  readonly ports: EnginePorts;
  /** What a person should know before the run: which model was found, that no model will be called. */
  readonly notes: readonly string[];
  /** Frees the connections of the provider. */
  close(): Promise<void>;
};

/** Everything before a run: reads and compiles the job file, decides who answers, and asks whether they are there. */
export async function prepareRun(spec: string | undefined, options: PrepareOptions = {}): Promise<PreparedRun> {
  const around = surroundings(options);
  const file = findJobFile(around.cwd, spec);
  let chosen: ChosenProvider | undefined;
  const job = await loadJobFile(file, {
    ...compileOptions(around, options),
    async provider(written) {
      chosen = await chooseProvider(askAround(around, { written, flag: options.provider, jobDir: dirname(file) }));
      return chosen.choice;
    },
  });
  return preparedWith(chosen, job, around);
}

/** Where a run is prepared. */
export type Surroundings = {
  readonly cwd: string;
  readonly env: Environment;
  readonly clock: Clock;
  readonly signal: AbortSignal;
};

export function surroundings(options: PrepareOptions): Surroundings {
  const { cwd = process.cwd(), clock = systemClock, signal = new AbortController().signal } = options;
  return { cwd: resolve(cwd), env: withDotenv(options.env ?? process.env, cwd), clock, signal };
}

export function compileOptions({ cwd, env }: Surroundings, { vars }: PrepareOptions) {
  return { cwd, concurrency: readConcurrency(env), ...(vars === undefined ? {} : { vars }) };
}

type Asked = Pick<ProviderQuestion, 'written' | 'flag'> & { readonly jobDir: string };

export function askAround(around: Surroundings, { jobDir, ...asked }: Asked): ProviderQuestion {
  return { ...around, ...asked, recordings: join(jobDir, 'recordings') };
}

export function preparedWith(
  chosen: ChosenProvider | undefined,
  job: CompiledJob,
  { clock, env }: Surroundings,
): PreparedRun {
  const provider = chosen?.provider;
  return {
    job,
    ports: { provider, clock, commandEnv: commandEnv(env) },
    notes: chosen?.notes ?? [],
    close: async () => provider?.close?.(),
  };
}
