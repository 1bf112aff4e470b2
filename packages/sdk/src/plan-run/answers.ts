import { hash } from 'node:crypto';
import { join } from 'node:path';
import { cacheKey, canonicalJson, openCache, sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type {
  JsonObject,
  Message,
  ModelRequest,
  Plan,
  PlanStep,
  Preimage,
  Provider,
  ProviderChoice,
} from '@orch/contracts';
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
      const preimage = preimageOf(provider, id, request);
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

/** The same as the engine makes of a question, see `cache_entry.v1`; undefined while the model is not known. */
function preimageOf(provider: Provider, step: string, request: ModelRequest): Preimage | undefined {
  try {
    const { service, ...who } = provider.identify(request);
    const messages = request.messages.map(digestsOf);
    const schema = request.schema === undefined ? undefined : sha256(canonicalJson(request.schema));
    const inputs = schema === undefined ? { messages } : { messages, schema };
    return { provider: service === undefined ? who : { ...who, service }, step, inputs };
  } catch (error) {
    if (OrchError.is(error) && error.code !== 'internal') return undefined;
    throw error;
  }
}

/** Of first questions: nobody has called a tool yet. */
function digestsOf(message: Message): JsonObject {
  const { role, content } = message;
  const images = message.role === 'user' ? (message.images ?? []) : [];
  const digests = images.map(({ mediaType, data }) => ({
    media_type: mediaType,
    sha256: hash('sha256', Buffer.from(data, 'base64'), 'hex'),
  }));
  return { role, sha256: sha256(content), ...(digests.length > 0 && { images: digests }) };
}
