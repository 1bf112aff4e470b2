import { OrchError } from '@orch/contracts';
import type { CheckedModel, ModelInfo, Provider, ProviderContext } from '@orch/contracts';
import { readText } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { chooseProvider, createProvider } from '../providers/choose-provider.ts';
import type { ProviderQuestion } from '../providers/choose-provider.ts';
import { recordingsOf } from '../providers/open-providers.ts';
import type { NamedProvider } from './named-providers.ts';

/** How a provider stands. What cannot be told, or means nothing for it, is null. */
export type ProviderReport = {
  readonly provider: string;
  readonly model: string | null;
  /** Where it is named: variables, or places in the job. */
  readonly named_by: readonly string[];
  readonly ok: boolean;
  readonly reachable: boolean | null;
  readonly authorised: boolean | null;
  readonly model_present: boolean | null;
  /** Tokens that the model takes at once, question and answer together. */
  readonly context_tokens: number | null;
  /** What went wrong. */
  readonly problem: string | null;
  /** What to do, or to know. */
  readonly advice: readonly string[];
};

export type Around = Pick<ProviderQuestion, 'env' | 'hide' | 'recordings' | 'clock' | 'signal'>;

/** Longer than this nobody waits who only wants to know. */
const patienceMs = 15_000;

/** Whether a provider is there, lets us in, and has the model. Asks for nothing that costs. */
export async function checkNamed(named: NamedProvider, around: Around): Promise<ProviderReport> {
  const { key, jobDir, choice: written } = named;
  const recordings = jobDir === undefined ? around.recordings : recordingsOf(jobDir);
  const patience = AbortSignal.timeout(patienceMs);
  const signal = AbortSignal.any([around.signal, patience]);
  // Nothing is waited for: who asks for patience is told of.
  const deadline = around.clock.monotonic();
  const question = { ...around, recordings, written, key, signal, deadline };
  let provider: Provider | undefined;
  try {
    const isOpen = written.name === 'auto';
    const chosen = isOpen ? await chooseProvider(question) : undefined;
    provider = chosen?.provider ?? (await createProvider(written, question));
    const asked = { ...named, choice: chosen?.choice ?? written };
    return await examined(asked, provider, { ...around, signal, deadline });
  } catch (error) {
    around.signal.throwIfAborted();
    if (patience.aborted) return unwell(named, tooSlow(named));
    if (OrchError.is(error) && error.code !== 'internal') return unwell(named, error);
    throw error;
  } finally {
    await provider?.close?.();
  }
}

type Examining = ProviderContext & Pick<Around, 'env'>;

async function examined(named: NamedProvider, provider: Provider, context: Examining): Promise<ProviderReport> {
  const { name, model: asked } = named.choice;
  const { doubt, ...checked } = await foundBy(provider, asked, context);
  const { model = asked } = checked;
  if (doubt !== undefined) return unwell(named, doubt, { ...reachedBy(doubt), reachable: true, model_present: null });
  const isOffline = provider.models === undefined;
  const models = checked.contextTokens === undefined ? await listed(provider, context, model) : [];
  const contextTokens = checked.contextTokens ?? models.find(({ id }) => id === model)?.contextTokens;
  const isThere = isOffline ? null : true;
  if (named.needsModel === true && !isOffline && model === undefined) return unwell(named, noModel(named), unnamed);
  return {
    ...{ provider: name, model: model ?? null, named_by: named.namedBy, ok: true },
    ...{ reachable: isThere, authorised: isThere, model_present: model === undefined ? null : isThere },
    ...{ context_tokens: contextTokens ?? null, problem: null },
    advice: [
      ...(isOffline || model !== undefined ? [] : [adviceOnModel(named, context.env)]),
      ...tooLarge(named, contextTokens),
    ],
  };
}

/** Who must be told a model, and was told none, may still be there. */
async function foundBy(provider: Provider, asked: string | undefined, context: ProviderContext): Promise<CheckedModel> {
  try {
    return await provider.check(asked, context);
  } catch (error) {
    const mayList = asked === undefined && provider.models !== undefined;
    if (mayList && OrchError.is(error) && error.code === 'unconfigured') return {};
    throw error;
  }
}

/** `found`: the service answered already, and has it. */
async function listed(provider: Provider, context: ProviderContext, found: string | undefined) {
  try {
    return (await provider.models?.(context)) ?? [];
  } catch (error) {
    // That a compatible server which has the model has no list of them is no fault.
    if (found !== undefined && OrchError.is(error)) return [] as readonly ModelInfo[];
    throw error;
  }
}

function noModel({ choice: { name } }: NamedProvider): OrchError {
  return new OrchError('unconfigured', `Expected to be told which model of ${name} shall answer, none is named.`, {
    hint: `Write ${name}:MODEL, or set PROVIDER_MODEL; \`orch models ${name}\` lists them.`,
  });
}

function adviceOnModel({ choice: { name } }: NamedProvider, env: Environment): string {
  const usual = readText(env, ['PROVIDER_MODEL']);
  const other = usual === undefined ? '' : ` PROVIDER_MODEL (${usual}) is asked of whom PROVIDER or a job names.`;
  return `No model is named: write ${name}:MODEL; \`orch models ${name}\` lists them.${other}`;
}

function tooLarge({ contexts = [] }: NamedProvider, contextTokens = Infinity): string[] {
  return contexts
    .filter(({ tokens }) => tokens > contextTokens)
    .map(({ tokens, place }) => {
      return `num_ctx is ${tokens} in ${place}, more than the ${contextTokens} tokens that the model takes: lower it.`;
    });
}

function tooSlow({ choice: { name } }: NamedProvider): OrchError {
  const message = `Expected ${name} to answer within ${patienceMs / 1000} s, it did not.`;
  return new OrchError('timeout', message, { hint: 'Check that it runs, and the way there.' });
}

type Reached = Pick<ProviderReport, 'reachable' | 'authorised' | 'model_present'>;

const unknown: Reached = { reachable: null, authorised: null, model_present: null };

const unnamed: Reached = { reachable: true, authorised: true, model_present: null };

/** How far one came before this went wrong. */
const reached: Readonly<Record<string, Reached>> = {
  network: { ...unknown, reachable: false },
  timeout: { ...unknown, reachable: false },
  auth: { ...unknown, reachable: true, authorised: false },
  model_missing: { reachable: true, authorised: true, model_present: false },
  quota: { ...unknown, reachable: true, authorised: true },
  rate_limit: { ...unknown, reachable: true },
  server: { ...unknown, reachable: true },
  bad_response: { ...unknown, reachable: true },
};

/** Whoever answers with a status is there. */
function reachedBy({ code, details }: OrchError): Reached {
  const isThere = details?.['status'] !== undefined;
  return { ...unknown, ...(isThere && { reachable: true }), ...reached[code] };
}

function unwell({ choice, namedBy }: NamedProvider, error: OrchError, came = reachedBy(error)): ProviderReport {
  const { message, hint } = error;
  return {
    ...{ provider: choice.name, model: choice.model ?? null, named_by: namedBy, ok: false, ...came },
    ...{ context_tokens: null, problem: message, advice: hint === undefined ? [] : [hint] },
  };
}
