import { OrchError } from '@orch/contracts';
import type { ModelInfo } from '@orch/contracts';
import { hideError, hideValue } from '@orch/secrets';
import { surroundings } from '../prepare/prepare-run.ts';
import type { Surroundings } from '../prepare/prepare-run.ts';
import { createProvider, nameProvider, requireProvider } from '../providers/choose-provider.ts';
import { recordingsOf } from '../providers/open-providers.ts';
import type { CheckProvidersOptions } from './check-providers.ts';
import { namedByEnvironment, offline } from './named-providers.ts';

/** The models of a provider, or why they cannot be listed. */
export type ListedModels =
  | { readonly provider: string; readonly ok: true; readonly models: readonly ModelInfo[] }
  | { readonly provider: string; readonly ok: false; readonly error: OrchError };

/**
 * The models that a provider has, by their ids; without one, those of all that the environment names, or holds a key or
 * an address for, else of an Ollama. Rejects with `usage` for a provider that does not exist.
 */
export async function listModels(options: CheckProvidersOptions = {}): Promise<readonly ListedModels[]> {
  const around = surroundings(options);
  requireProvider(options.provider);
  const names = await namesOf(options.provider, around);
  const { hider } = around.secrets;
  const listed = await Promise.all(names.map((name) => modelsOf(name, around)));
  return listed.map((one) => (one.ok ? hideValue(one, hider) : { ...one, error: hideError(one.error, hider) }));
}

async function namesOf(flag: string | undefined, { env }: Surroundings): Promise<string[]> {
  if (flag !== undefined) return [nameProvider({ flag, written: { name: 'auto' }, env }).name].map(orUsual);
  const named = await namedByEnvironment(env);
  const names = named.map(({ choice }) => choice.name).filter((name) => !offline.has(name));
  return names.length === 0 ? ['ollama'] : names;
}

const orUsual = (name: string): string => (name === 'auto' ? 'ollama' : name);

async function modelsOf(name: string, around: Surroundings): Promise<ListedModels> {
  const provider = await createProvider({ name }, { ...around, recordings: recordingsOf(around.cwd) });
  try {
    if (provider.models === undefined) throw noModels(name);
    const models = await provider.models({ signal: around.signal, clock: around.clock });
    return { provider: name, ok: true, models: models.toSorted((a, b) => (a.id < b.id ? -1 : 1)) };
  } catch (error) {
    around.signal.throwIfAborted();
    if (OrchError.is(error) && error.code !== 'internal') return { provider: name, ok: false, error };
    throw error;
  } finally {
    await provider.close?.();
  }
}

function noModels(name: string): OrchError {
  return new OrchError('usage', `Expected a provider that has models, ${name} answers without any.`);
}
