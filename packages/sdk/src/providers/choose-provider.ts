import { existsSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { Clock, Provider, ProviderChoice } from '@orch/contracts';
import { nearest } from '@orch/dag';
import type { SettingsInput } from '@orch/providers-core';
import { parseProvider } from '@orch/spec';
import { readConcurrency, readPolicy, readText } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { createWith } from './settings-of.ts';
import { vendors } from './vendors.ts';
import type { Vendor } from './vendors.ts';

/** How long `auto` waits for an Ollama, in milliseconds: where nobody says that there is one, and where somebody does. */
const probeMs = { unsaid: 1_000, said: 10_000 };

export type ProviderQuestion = {
  /** What the job says; `auto` when it says nothing. */
  readonly written: ProviderChoice;
  /** What the job calls it, where steps name it. */
  readonly key?: string | undefined;
  /** Of the command line, over the job. */
  readonly flag?: string | undefined;
  readonly env: Environment;
  /** Takes secrets out of what a service says. */
  readonly hide: (text: string) => string;
  /** Absolute folder of recordings, beside the job. */
  readonly recordings: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Nothing is waited for that would be over later, by the monotonic clock. */
  readonly deadline?: number | undefined;
};

export type ChosenProvider = {
  readonly choice: ProviderChoice;
  readonly provider: Provider;
  readonly notes: readonly string[];
};

/**
 * Decides who answers: flag, job, `PROVIDER`, and for `auto` an Ollama that answers, else recordings beside the job;
 * never a paid service unasked. Asks the service whether it is there and has the model.
 */
export async function chooseProvider(question: ProviderQuestion): Promise<ChosenProvider> {
  const named = nameProvider(question);
  return named.name === 'auto' ? chooseUnnamed(question) : openProvider(named, question);
}

/** Whether it answers from files beside the job that names it: each job from its own. */
export function answersFromFiles({ name }: ProviderChoice): boolean {
  return name === 'replay';
}

/** The provider that flag, job or environment name, in this order; `auto` when none does. */
export function nameProvider({
  flag,
  written,
  env,
}: Pick<ProviderQuestion, 'flag' | 'written' | 'env'>): ProviderChoice {
  if (flag !== undefined) return { ...optionsFor(flag, written), ...readChoice(flag, '--provider') };
  if (written.name !== 'auto') return written;
  const set = readText(env, ['PROVIDER']);
  return set === undefined ? written : { ...written, ...readChoice(set, 'PROVIDER') };
}

/** Throws `usage` unless `--provider` names a provider there is: also where no step asks one. */
export function requireProvider(flag: string | undefined): void {
  if (flag !== undefined) readChoice(flag, '--provider');
}

/** Throws `usage` for a variable that is bad whoever is asked. Those of one vendor are read when it is asked. */
export function requireVariables(env: Environment): void {
  readPolicy(env);
  readConcurrency(env);
  const set = readText(env, ['PROVIDER']);
  if (set !== undefined) readChoice(set, 'PROVIDER');
}

/** A flag that names the job's own provider keeps its address and options. */
function optionsFor(flag: string, written: ProviderChoice): Partial<ProviderChoice> {
  return readChoice(flag, '--provider').name === written.name ? written : {};
}

function readChoice(text: string, from: string): ProviderChoice {
  const choice = parseProvider(text);
  if (choice === undefined) throw new OrchError('usage', `Expected ${from} to be name or name:model, got \`${text}\`.`);
  const known = Object.keys(vendors);
  if (choice.name === 'auto' || known.includes(choice.name)) return choice;
  const close = nearest(choice.name, known);
  throw new OrchError(
    'usage',
    `Expected ${from} to be one of the providers ${known.join(', ')}, got \`${choice.name}\`.`,
    {
      hint: close === undefined ? undefined : `Did you mean ${close}?`,
    },
  );
}

async function chooseUnnamed(question: ProviderQuestion): Promise<ChosenProvider> {
  const isSaid = question.written.base_url ?? readText(question.env, ['OLLAMA_BASE_URL', 'OLLAMA_HOST']);
  const patience = AbortSignal.timeout(isSaid === undefined ? probeMs.unsaid : probeMs.said);
  const probe = { ...question, signal: AbortSignal.any([question.signal, patience]) };
  try {
    return await openProvider({ ...question.written, name: 'ollama' }, probe);
  } catch (error) {
    if (!probe.signal.aborted && !isNobody(error)) throw error;
    question.signal.throwIfAborted();
    if (existsSync(question.recordings)) return openProvider({ name: 'replay' }, question);
    throw nobodyAnswers(question.env, error);
  }
}

/** Nobody is there, or has nothing to answer with: another may be asked. */
function isNobody(error: unknown): boolean {
  return OrchError.is(error) && ['network', 'timeout', 'model_missing'].includes(error.code);
}

function nobodyAnswers(env: Environment, cause: unknown): OrchError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const paid = ['OPENAI_API_KEY', 'ANTHROPIC_API_KEY']
    .filter((name) => env[name])
    .map((name) => `${name} is set, but no paid service is asked unnamed. `);
  return new OrchError(
    'unconfigured',
    `Expected a provider: PROVIDER is not set, no Ollama answers, and there are no recordings beside the job. ${paid.join('')}${why}`,
    {
      hint: 'Name one: --provider ollama:qwen2.5:7b, or --provider openai:MODEL with OPENAI_API_KEY, --provider anthropic:MODEL with ANTHROPIC_API_KEY, --provider mlx:MODEL, or --provider echo; PROVIDER does the same.',
      cause,
    },
  );
}

/** The provider of a choice that was made. Nobody is asked whether it is there. */
export async function createProvider(
  choice: ProviderChoice,
  { clock, recordings, env, hide, key }: Pick<ProviderQuestion, 'clock' | 'recordings' | 'env' | 'hide' | 'key'>,
): Promise<Provider> {
  const { create, environment } = await loadVendor(choice.name);
  const make = (settings: SettingsInput): Provider => create({ settings, clock, hide, recordings });
  return createWith({ environment, create: make }, choice, { env, key });
}

/** The provider of a choice that was made, asked whether it is there and has the model. */
export async function openProvider(choice: ProviderChoice, question: ProviderQuestion): Promise<ChosenProvider> {
  const vendor = await loadVendor(choice.name);
  const { clock, signal, deadline, env } = question;
  const provider = await createProvider(choice, question);
  const usual = readText(env, ['PROVIDER_MODEL']);
  const asked = choice.model ?? usual;
  const { model } = await provider.check(asked, { signal, clock, deadline }).catch((error: unknown) => {
    throw choice.model === undefined && usual !== undefined ? namedByVariable(error) : error;
  });
  const found = asked === undefined && model !== undefined ? [`${choice.name}: using the model ${model}`] : [];
  const notes = vendor.note === undefined ? found : [vendor.note];
  return { choice: model === undefined ? choice : { ...choice, model }, provider, notes };
}

/** The model that is not there is one that the environment names. */
function namedByVariable(error: unknown): unknown {
  if (!OrchError.is(error) || error.code !== 'model_missing') return error;
  const { code, message, hint = '', details } = error;
  return new OrchError(code, message, {
    hint: `PROVIDER_MODEL names this model. ${hint}`.trim(),
    details,
    cause: error,
  });
}

export async function loadVendor(name: string): Promise<Vendor> {
  const load = Object.hasOwn(vendors, name) ? vendors[name] : undefined;
  if (load !== undefined) return load();
  throw new OrchError('internal', `Expected a provider that was checked, got \`${name}\`.`);
}
