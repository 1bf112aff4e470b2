import { OrchError } from '@orch/contracts';
import type { JsonObject, ProviderIdentity } from '@orch/contracts';
import { estimateTokens } from '@orch/providers-core';
import type { AskedModel, VendorRequest } from '@orch/providers-core';
import { name, toOptions } from './settings.ts';
import type { OllamaOptions, OllamaSettings } from './settings.ts';

export function identify(settings: OllamaSettings, { model, options }: AskedModel): ProviderIdentity {
  const { service } = settings;
  const opts = toOptions(settings.options, options);
  return { name, model, opts, ...(service !== undefined && { service }) };
}

/** `POST /api/chat` (https://docs.ollama.com/api/chat): the native endpoint, the only one that takes `num_ctx`. */
export function toRequest(settings: OllamaSettings, { model, messages, options, schema }: AskedModel): VendorRequest {
  const sent = toOptions(settings.options, options);
  mustFit(estimateTokens(messages), sent.num_ctx);
  return {
    url: `${settings.baseUrl}/api/chat`,
    ...(settings.apiKey !== undefined && { headers: { authorization: `Bearer ${settings.apiKey}` } }),
    body: {
      model,
      messages: messages.map(({ role, content }) => ({ role, content })),
      stream: true,
      ...(schema !== undefined && { format: schema }),
      options: toBodyOptions(sent),
    },
  };
}

/** Ollama would drop the beginning of the prompt and answer all the same. */
function mustFit(tokens: number, num_ctx: number): void {
  if (tokens <= num_ctx) return;
  const enough = 2 ** Math.ceil(Math.log2(tokens * 1.25));
  throw new OrchError('truncated', `Expected a prompt of at most ${num_ctx} tokens (num_ctx), got about ${tokens}.`, {
    hint: `Set \`options: {num_ctx: ${enough}}\` if the model takes that much, or ask with less text.`,
    details: { num_ctx, prompt_tokens: tokens },
  });
}

function toBodyOptions({ max_tokens, ...options }: OllamaOptions): JsonObject {
  return max_tokens === undefined ? options : { ...options, num_predict: max_tokens };
}
