import { canonicalJson } from '@orch/cache';
import { OrchError, err, ok } from '@orch/contracts';
import type { Provider, ProviderChoice, Result } from '@orch/contracts';
import type { AskedOptions, CompileContext, Refusal } from '@orch/spec';
import { createProvider } from './choose-provider.ts';
import type { ProviderQuestion } from './choose-provider.ts';

type Around = Pick<ProviderQuestion, 'env' | 'hide' | 'clock'>;

/** What providers have against options; the same question is looked at once. */
export function refusals(around: Around): NonNullable<CompileContext['whyRefused']> {
  const known = new Map<string, Promise<Refusal | undefined>>();
  return (choice, asked) => {
    const key = canonicalJson([choice, asked.model ?? null, asked.options]);
    const refusal = known.get(key) ?? whyRefused(choice, asked, around);
    known.set(key, refusal);
    return refusal;
  };
}

/**
 * What a provider has against its own description, or against the options of a question; nobody is asked. Throws `usage`
 * for a variable that is bad.
 */
export async function whyRefused(
  { headers: _, ...choice }: ProviderChoice,
  { model = choice.model ?? 'any', options }: AskedOptions,
  around: Around,
): Promise<Refusal | undefined> {
  if (choice.name === 'auto') return undefined;
  const open = (env: Around['env']): Promise<Provider> => createProvider(choice, { ...around, env, recordings: '/' });
  const opened = await usable(() => open(around.env));
  if (!opened.ok) {
    // What is wrong in every environment is the job's own fault.
    const elsewhere = await usable(() => open({}));
    if (elsewhere.ok) throw opened.error;
    return elsewhere.error;
  }
  const asked = { step: '', sample: 0, messagesSha256: '' };
  const identified = await usable(() => opened.value.identify({ model, messages: [], options, asked }));
  return identified.ok ? undefined : identified.error;
}

async function usable<T>(make: () => T | Promise<T>): Promise<Result<T>> {
  try {
    return ok(await make());
  } catch (error) {
    if (OrchError.is(error) && error.code === 'usage') return err(error);
    throw error;
  }
}
