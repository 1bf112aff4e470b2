import { join } from 'node:path';
import { cacheKey, openCache, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { ModelRequest, Plan, PlanStep, Preimage, Provider, ProviderChoice } from '@orch/contracts';
import { digestQuestion, toPreimage } from '@orch/engine';
import { createProvider } from '../providers/choose-provider.ts';
import type { Surroundings } from '../prepare/prepare-run.ts';

/** Who would answer the steps of a plan, and what they answered before. Asks nobody. */
export type Answers = {
  /** `name` or `name:model`; undefined while nobody is known. */
  readonly who: (step: PlanStep) => string | undefined;
  /** Whether they cost nothing. */
  readonly isLocal: (step: PlanStep) => Promise<boolean>;
  /** Whether an answer is stored that counts for this step; undefined while who answers is not known. */
  readonly isStored: (step: PlanStep, request: ModelRequest) => Promise<boolean | undefined>;
};

type Around = Surroundings & { readonly cache: string; readonly jobDir: string };

export function openAnswers(plan: Plan, around: Around): Answers {
  const cache = openCache(join(around.cache, 'of-no-run'), { shared: around.cache });
  const opened = new Map<ProviderChoice, Promise<Provider | undefined>>();
  const choiceOf = ({ provider }: PlanStep): ProviderChoice | undefined => {
    const choice = provider === undefined ? plan.provider : plan.providers?.[provider];
    return choice?.name === 'auto' ? undefined : choice;
  };
  const open = (step: PlanStep): Promise<Provider | undefined> => {
    const choice = choiceOf(step);
    if (choice === undefined) return Promise.resolve(undefined);
    const known = opened.get(choice) ?? tryCreate(choice, around);
    opened.set(choice, known);
    return known;
  };
  return {
    who(step) {
      const choice = choiceOf(step);
      return choice?.model === undefined ? choice?.name : `${choice.name}:${choice.model}`;
    },
    isLocal: async (step) => (await open(step))?.can.local === true,
    async isStored({ id, cache: mode, ...step }, request) {
      const provider = await open({ id, cache: mode, ...step });
      if (provider === undefined) return undefined;
      if (!provider.can.shareable || mode === 'off' || mode === 'refresh') return false;
      const preimage = preimageOf(provider, request);
      return preimage && cache.get(cacheKey(preimage)) !== undefined;
    },
  };
}

/** What cannot be opened without its key or address is not known; the run itself will say why. */
async function tryCreate(choice: ProviderChoice, { env, clock, hide, jobDir }: Around): Promise<Provider | undefined> {
  try {
    return await createProvider(choice, { env, clock, hide, recordings: join(jobDir, 'recordings') });
  } catch (error) {
    if (OrchError.is(error) && error.code !== 'internal') return undefined;
    throw error;
  }
}

/** Undefined while the model is not known. */
function preimageOf(provider: Provider, request: ModelRequest): Preimage | undefined {
  try {
    return toPreimage(provider, request, digestQuestion(request, { put: sha256 }));
  } catch (error) {
    if (OrchError.is(error) && error.code !== 'internal') return undefined;
    throw error;
  }
}
