import { dirname } from 'node:path';
import { canonicalJson } from '@orch/cache';
import type { CompiledJob, ProviderChoice } from '@orch/contracts';
import { hideValue } from '@orch/secrets';
import { loadJobFile } from '../prepare/load-job-file.ts';
import { askAround, compileOptions, surroundings, whereIs } from '../prepare/prepare-run.ts';
import type { PrepareOptions, Surroundings } from '../prepare/prepare-run.ts';
import { nameProvider, requireProvider } from '../providers/choose-provider.ts';
import { recordingsOf } from '../providers/open-providers.ts';
import { checkNamed } from './check-named.ts';
import type { Around, ProviderReport } from './check-named.ts';
import { joinNamed, namedByEnvironment, namedByJob, withUsualModel } from './named-providers.ts';
import type { NamedProvider } from './named-providers.ts';

export type CheckProvidersOptions = Pick<PrepareOptions, 'cwd' | 'env' | 'provider' | 'signal' | 'clock' | 'onSecrets'>;

/** How long is waited for an Ollama that nobody named, in milliseconds. */
const probeMs = 1_000;

/**
 * How the providers stand that a job names, and those that the environment names, or holds a key or an address for; an
 * Ollama that answers is one of them. With `provider`, only that one. Asks for nothing that costs. Rejects with `spec`
 * and `usage`.
 */
export async function checkProviders(
  spec: string | undefined,
  options: CheckProvidersOptions = {},
): Promise<readonly ProviderReport[]> {
  const around = surroundings(options);
  const { secrets, cwd } = around;
  requireProvider(options.provider);
  const job = spec === undefined ? undefined : await compile(spec, around, options);
  const named = await namedProviders(job, around, options.provider);
  const asking = { ...around, recordings: recordingsOf(job?.jobDir ?? cwd) };
  const found = named.some(({ choice }) => ['ollama', 'auto'].includes(choice.name)) || options.provider !== undefined;
  const [probed, ...reports] = await Promise.all([
    found ? undefined : probeOllama(asking),
    ...named.map((one) => checkNamed(one, asking)),
  ]);
  const isWorthTelling = probed?.ok === true || (named.length === 0 && probed?.reachable === true);
  const all = probed !== undefined && isWorthTelling ? [...reports, probed] : reports;
  return hideValue(joined(all), secrets.hider);
}

/** What is left open may come to one that is named, too: each is told once. */
function joined(reports: readonly ProviderReport[]): ProviderReport[] {
  const all = new Map<string, ProviderReport>();
  for (const report of reports) {
    const { named_by: names, ...rest } = report;
    const key = canonicalJson(rest);
    all.set(key, { ...report, named_by: [...new Set([...(all.get(key)?.named_by ?? []), ...names])] });
  }
  return [...all.values()];
}

async function compile(
  spec: string,
  around: Surroundings,
  { provider: flag }: CheckProvidersOptions,
): Promise<CompiledJob> {
  const { file } = whereIs(spec, around);
  const name = (written: ProviderChoice, asked?: string): ProviderChoice =>
    nameProvider(askAround(around, { written, flag: asked, jobDir: dirname(file) }));
  return loadJobFile(file, {
    ...compileOptions(around, {}),
    provider: (written) => name(written, flag),
    namedProvider: (_, written) => name(written),
  });
}

async function namedProviders(
  job: CompiledJob | undefined,
  { env }: Surroundings,
  flag: string | undefined,
): Promise<NamedProvider[]> {
  if (flag !== undefined) {
    const choice = nameProvider({ flag, written: job?.plan.provider ?? { name: 'auto' }, env });
    return [
      {
        choice: withUsualModel(choice, env),
        namedBy: ['--provider'],
        needsModel: true,
        ...(job && { jobDir: job.jobDir }),
      },
    ];
  }
  return joinNamed(job === undefined ? [] : namedByJob(job, env), await namedByEnvironment(env));
}

/** One that runs on this machine although nothing names it: `auto` would ask it. */
async function probeOllama(around: Around): Promise<ProviderReport | undefined> {
  const patience = AbortSignal.timeout(probeMs);
  const signal = AbortSignal.any([around.signal, patience]);
  const named = { choice: withUsualModel({ name: 'ollama' }, around.env), namedBy: ['it answers'] };
  try {
    return await checkNamed(named, { ...around, signal });
  } catch (error) {
    around.signal.throwIfAborted();
    if (patience.aborted) return undefined;
    throw error;
  }
}
