import { existsSync } from 'node:fs';
import { OrchError } from '@orch/contracts';
import type { Provider, ProviderChoice } from '@orch/contracts';
import { createProvider, nameProvider } from './choose-provider.ts';
import type { ChosenProvider, ProviderQuestion } from './choose-provider.ts';
import { readText } from '../environment.ts';

export type FrozenProvider = ChosenProvider & { readonly recordings: Provider | undefined };

/**
 * Who would answer, for a run that asks nobody: what is named, with the model it had in `before`; unnamed, what was
 * chosen `before`, the last time this job ran, else the recordings beside it.
 */
export async function chooseFrozen(
  question: ProviderQuestion,
  before: ProviderChoice | undefined,
): Promise<FrozenProvider> {
  const recordings = existsSync(question.recordings) ? await createProvider({ name: 'replay' }, question) : undefined;
  const choice = frozenChoice(nameProvider(question), { question, before, recordings });
  const notes = ['frozen: nobody is called; replies come from the cache or from recordings'];
  return { choice, provider: await createProvider(choice, question), recordings, notes };
}

type Known = {
  readonly question: ProviderQuestion;
  readonly before: ProviderChoice | undefined;
  readonly recordings: Provider | undefined;
};

function frozenChoice(named: ProviderChoice, { question, before, recordings }: Known): ProviderChoice {
  if (named.name !== 'auto') {
    const model = named.model ?? readText(question.env, ['PROVIDER_MODEL']) ?? sameName(before, named)?.model;
    return model === undefined ? named : { ...named, model };
  }
  if (before !== undefined) return before.name === 'replay' ? before : asNow(before, named);
  if (recordings !== undefined) return { name: 'replay' };
  throw new OrchError(
    'unconfigured',
    'Expected to know who would answer: this job has not run here, and has no recordings.',
    {
      hint: 'Name the provider and model that it ran with: --provider ollama:qwen2.5:7b',
    },
  );
}

function sameName(before: ProviderChoice | undefined, named: ProviderChoice): ProviderChoice | undefined {
  return before?.name === named.name ? before : undefined;
}

/** Who answered before, with all that the job says now. */
export function asNow(before: ProviderChoice, written: ProviderChoice): ProviderChoice {
  const { name, model } = before;
  return { ...before, ...written, name, ...(model !== undefined && { model }) };
}
