import { resolve } from 'node:path';
import { canonicalJson } from '@orch/cache';
import type { CompiledJob, JsonObject, Plan, PlanStep, ProviderChoice, SubJob } from '@orch/contracts';
import { nameOfText, readText } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { asFarAsKnown } from '../plan-run/as-far-as-known.ts';
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
  /** Whether it will be asked for a model that only it itself can name. */
  readonly needsModel?: boolean;
  /** The sizes of context that it is asked for, and where. */
  readonly contexts?: readonly { readonly tokens: number; readonly place: string }[];
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
      ...(isChosen && { needsModel: true }),
    });
  }
  return found;
}

async function variablesOf(name: string, env: Environment): Promise<string[]> {
  const { apiKey = [], baseUrl = [] } = (await loadVendor(name)).environment;
  return [apiKey, baseUrl].flatMap((names) => nameOfText(env, names) ?? []);
}

/** Those that a job asks, and the jobs that its steps run: each with every model that is asked of it. */
export function namedByJob({ plan, jobDir }: Pick<CompiledJob, 'plan' | 'jobDir'>, env: Environment): NamedProvider[] {
  return within(plan, { jobDir, path: '' }).map((named) => ({ ...named, choice: withUsualModel(named.choice, env) }));
}

/** Of a job: who answers it where it does not say, and how places in it begin. */
type Around = { readonly jobDir: string; readonly path: string; readonly outer?: ProviderChoice | undefined };

function within(plan: Plan, { jobDir, path, outer }: Around): NamedProvider[] {
  const { provider, providers = {}, steps } = plan;
  const asksUsual = (key?: string) => ({ ...(steps.some((step) => asksItsModel(step, key)) && { needsModel: true }) });
  const place = `${path}provider`;
  const main = provider === undefined ? [] : [{ ...named(provider, [place], { place }), ...asksUsual() }];
  const others = Object.entries(providers).map(([key, choice]) => {
    const users = steps.filter((step) => step.provider === key).map(({ id }) => `${path}steps.${id}.provider`);
    return { ...named(choice, users, { place: `${path}providers.${key}` }), key, ...asksUsual(key) };
  });
  const asked = steps.flatMap((step) => {
    const choice = step.provider === undefined ? (provider ?? outer) : providers[step.provider];
    return choice === undefined ? [] : askedBy(step, choice, { plan, path });
  });
  const inner = steps.flatMap(({ id, kind, fields }) => {
    if (kind !== 'job') return [];
    const job = fields['job'] as unknown as SubJob;
    const folder = resolve(jobDir, job.jobDir);
    return within(job.plan, { jobDir: folder, path: `${path}steps.${id}: `, outer: provider ?? outer });
  });
  return [...[...main, ...others, ...asked].map((one) => ({ ...one, jobDir })), ...inner];
}

function asksItsModel({ kind, provider, fields }: PlanStep, key: string | undefined): boolean {
  return kind === 'llm' && provider === key && fields['model'] === undefined;
}

function named(choice: ProviderChoice, namedBy: readonly string[], { place }: { place: string }): NamedProvider {
  return { choice, namedBy, contexts: contextsOf(choice.options, `${place}.options`) };
}

/** What a step asks that is more than its provider says: another model, another context. */
function askedBy(
  { id, kind, fields, provider }: PlanStep,
  choice: ProviderChoice,
  { plan, path }: { readonly plan: Plan; readonly path: string },
): NamedProvider[] {
  if (kind !== 'llm' || offline.has(choice.name)) return [];
  const place = `${path}steps.${id}`;
  const written = fields['model'] as string | undefined;
  const model = written === undefined ? undefined : asFarAsKnown(written, plan);
  if (model !== undefined && /\{[{%]/.test(model)) return [];
  const own = contextsOf(fields['options'] as JsonObject | undefined, `${place}.options`);
  if (model === undefined && own.length === 0) return [];
  return [
    {
      choice: model === undefined ? choice : { ...choice, model },
      namedBy: model === undefined ? [] : [`${place}.model`],
      contexts: own.length > 0 ? own : contextsOf(choice.options, `${place}.model`),
      ...(provider !== undefined && { key: provider }),
    },
  ];
}

function contextsOf(options: JsonObject = {}, place: string): NonNullable<NamedProvider['contexts']> {
  const tokens = options['num_ctx'];
  return typeof tokens === 'number' ? [{ tokens, place }] : [];
}

/** They answer without models. */
export const offline: ReadonlySet<string> = new Set(['echo', 'replay']);

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
  const { namedBy = [], contexts = [], ...known } = all.get(key) ?? {};
  const names = [...new Set([...namedBy, ...one.namedBy])];
  all.set(key, { ...one, ...known, namedBy: names, contexts: [...contexts, ...(one.contexts ?? [])] });
}
