import { resolve } from 'node:path';
import { canonicalJson } from '@orch/cache';
import type { CompiledJob, Plan, ProviderChoice, SubJob } from '@orch/contracts';
import { nameOfText, readText } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { answersFromFiles, loadVendor, nameProvider } from '../providers/choose-provider.ts';
import { vendors } from '../providers/vendors.ts';

/** A provider that somebody means to use, and where that is said: `PROVIDER`, `OPENAI_API_KEY`, `providers.fast`. */
export type NamedProvider = {
  readonly choice: ProviderChoice;
  readonly namedBy: readonly string[];
  /** What the job calls it, where its steps name it. */
  readonly key?: string;
  /** Absolute; of the job that names it. */
  readonly jobDir?: string;
};

/** The providers that an environment names, or holds a key or an address for. */
export async function namedByEnvironment(env: Environment): Promise<NamedProvider[]> {
  const chosen = nameProvider({ written: { name: 'auto' }, env });
  const found: NamedProvider[] = [];
  for (const name of Object.keys(vendors)) {
    const variables = await variablesOf(name, env);
    const isChosen = chosen.name === name;
    if (!isChosen && variables.length === 0) continue;
    const isUsual = isChosen || (chosen.name === 'auto' && name === 'ollama');
    const choice = isChosen ? chosen : { name };
    found.push({
      choice: isUsual ? withUsualModel(choice, env) : choice,
      namedBy: [...(isChosen ? ['PROVIDER'] : []), ...variables],
    });
  }
  return found;
}

async function variablesOf(name: string, env: Environment): Promise<string[]> {
  const { apiKey = [], baseUrl = [] } = (await loadVendor(name)).environment;
  return [apiKey, baseUrl].flatMap((names) => nameOfText(env, names) ?? []);
}

/** Those that a job asks, and the jobs that its steps run. */
export function namedByJob({ plan, jobDir }: Pick<CompiledJob, 'plan' | 'jobDir'>, env: Environment): NamedProvider[] {
  return within(plan, jobDir, '').map((named) => ({ ...named, choice: withUsualModel(named.choice, env) }));
}

function within({ provider, providers = {}, steps }: Plan, jobDir: string, path: string): NamedProvider[] {
  const main = provider === undefined ? [] : [{ choice: provider, namedBy: [`${path}provider`], jobDir }];
  const named = Object.entries(providers).map(([key, choice]) => {
    const users = steps.filter((step) => step.provider === key).map(({ id }) => `${path}steps.${id}.provider`);
    return { choice, namedBy: users, key, jobDir };
  });
  const inner = steps.flatMap(({ id, kind, fields }) => {
    if (kind !== 'job') return [];
    const job = fields['job'] as unknown as SubJob;
    return within(job.plan, resolve(jobDir, job.jobDir), `${path}steps.${id}: `);
  });
  return [...main, ...named, ...inner];
}

/** What a run would do: who has no model takes that of `PROVIDER_MODEL`. */
export function withUsualModel(choice: ProviderChoice, env: Environment): ProviderChoice {
  const model = choice.model ?? readText(env, ['PROVIDER_MODEL']);
  return model === undefined ? choice : { ...choice, model };
}

/** Each once, with all the places that name it. What the environment holds for a provider serves the job's own, too. */
export function joinNamed(ofJob: readonly NamedProvider[], ofEnvironment: readonly NamedProvider[]): NamedProvider[] {
  const all = new Map<string, NamedProvider>();
  for (const one of ofJob) add(all, one);
  for (const one of ofEnvironment) {
    const { name, model } = one.choice;
    const served = ofJob.some(
      ({ choice }) => choice.name === name && choice.base_url === undefined && (model ?? choice.model) === choice.model,
    );
    if (!served) add(all, one);
  }
  return [...all.values()];
}

function add(all: Map<string, NamedProvider>, one: NamedProvider): void {
  const folder = answersFromFiles(one.choice) ? (one.jobDir ?? null) : null;
  const key = canonicalJson([one.choice, folder]);
  const { namedBy = [], ...known } = all.get(key) ?? {};
  all.set(key, { ...one, ...known, namedBy: [...new Set([...namedBy, ...one.namedBy])] });
}
