import type { JsonObject, ProviderIdentity } from '@orch/contracts';
import type { AskedModel, VendorRequest } from '@orch/providers-core';
import { isStrictSchema } from './strict-schema.ts';
import { name, toOptions } from './settings.ts';
import type { OpenaiOptions, OpenaiSettings } from './settings.ts';

export function identify(settings: OpenaiSettings, { model, options }: AskedModel): ProviderIdentity {
  const { service } = settings;
  return { name, model, opts: toOptions(settings.options, options), ...(service !== undefined && { service }) };
}

/** `POST /chat/completions` (https://platform.openai.com/docs/api-reference/chat/create), streamed. */
export function toRequest(settings: OpenaiSettings, { model, messages, options, schema }: AskedModel): VendorRequest {
  return {
    url: `${settings.baseUrl}/chat/completions`,
    headers: settings.headers,
    body: {
      model,
      messages: messages.map(({ role, content }) => ({ role, content })),
      ...toBodyOptions(settings, toOptions(settings.options, options)),
      ...(schema !== undefined && { response_format: toResponseFormat(schema) }),
      stream: true,
      stream_options: { include_usage: true },
    },
  };
}

/** OpenAI's newer models refuse the old name of `max_tokens`; most compatible servers know no other. */
function toBodyOptions({ isVendor }: OpenaiSettings, { max_tokens, ...options }: OpenaiOptions): JsonObject {
  if (max_tokens === undefined) return options;
  return { ...options, [isVendor ? 'max_completion_tokens' : 'max_tokens']: max_tokens };
}

function toResponseFormat(schema: JsonObject): JsonObject {
  return { type: 'json_schema', json_schema: { name: 'answer', schema, strict: isStrictSchema(schema) } };
}
