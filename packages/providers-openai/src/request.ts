import type { ProviderIdentity } from '@orch/contracts';
import type { AskedModel, VendorRequest } from '@orch/providers-core';
import { toCompletion } from './chat/request.ts';
import { toResponse } from './responses/request.ts';
import { endpointOf, toOptions } from './settings.ts';
import type { OpenaiSettings } from './settings.ts';

/** Chat completions are what everybody means: only another interface is named. */
export function identify(settings: OpenaiSettings, { model, options }: AskedModel): ProviderIdentity {
  const { api, apiVersion, service, vendor } = settings;
  const spoken = { ...(api !== 'chat' && { api }), ...(apiVersion !== undefined && { api_version: apiVersion }) };
  const opts = { ...toOptions(settings, options), ...spoken };
  return { name: vendor.name, model, opts, ...(service !== undefined && { service }) };
}

/** The request for a streamed answer, in the interface that is spoken. */
export function toRequest(settings: OpenaiSettings, asked: AskedModel): VendorRequest {
  const { headers } = settings;
  if (settings.api === 'responses') {
    return { url: endpointOf(settings, '/responses'), headers, body: toResponse(settings, asked) };
  }
  return { url: endpointOf(settings, '/chat/completions'), headers, body: toCompletion(settings, asked) };
}
