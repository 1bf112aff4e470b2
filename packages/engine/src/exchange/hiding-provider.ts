import type { Delta, Hider, ModelRequest, Provider, ProviderContext, SentResult } from '@orch/contracts';
import { hideError, hideThrown, hideValue, hidesNothing } from '@orch/secrets';

/** The same provider, secrets taken out of all that it answers and of what its errors quote, before anything is made of it. */
export function hidingProvider(provider: Provider, hider: Hider): Provider {
  if (hidesNothing(hider)) return provider;
  return {
    name: provider.name,
    can: provider.can,
    identify: (request) => provider.identify(request),
    check: (model, context) => provider.check(model, context),
    stream: (request, context) => hiddenStream(provider, { request, context }, hider),
    async complete(request, context) {
      try {
        return hideValue(await provider.complete(request, hidingContext(context, hider)), hider);
      } catch (error) {
        throw hideThrown(error, hider);
      }
    },
    ...(provider.models && { models: (context) => provider.models?.(context) ?? Promise.resolve([]) }),
    waiting: (model) => provider.waiting?.(model),
    close: async () => provider.close?.(),
  };
}

type Exchange = { readonly request: ModelRequest; readonly context: ProviderContext };

async function* hiddenStream(
  provider: Provider,
  { request, context }: Exchange,
  hider: Hider,
): AsyncGenerator<Delta, void, undefined> {
  try {
    for await (const delta of provider.stream(request, hidingContext(context, hider))) {
      // The other pieces go to the log of the step, which hides secrets that are spread over several.
      yield delta.type === 'done' ? hideValue(delta, hider) : delta;
    }
  } catch (error) {
    throw hideThrown(error, hider);
  }
}

function hidingContext(context: ProviderContext, hider: Hider): ProviderContext {
  return { ...context, afterRequest: async (result) => context.afterRequest?.(hideSent(result, hider)) };
}

function hideSent(result: SentResult, hider: Hider): SentResult {
  if (result.ok) return { ...result, reply: hideValue(result.reply, hider) };
  return { ...result, error: hideError(result.error, hider) };
}
