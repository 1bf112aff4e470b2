import type { ProviderIdentity } from '@orch/contracts';
import { withSchemaTold } from '@orch/providers-core';
import type { AskedModel, VendorRequest } from '@orch/providers-core';
import { toCompletion } from './chat/request.ts';
import { toResponse } from './responses/request.ts';
import { endpointOf, pathOf, toOptions } from './settings.ts';
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
  const question = holdsTo(settings, asked) ? asked : withSchemaTold(asked);
  const body = settings.api === 'responses' ? toResponse(settings, question) : toCompletion(settings, question);
  return { url: endpointOf(settings, pathOf(settings)), headers, body };
}

/** Servers that make a grammar of a schema (vLLM) let no model call a tool any more: OpenAI's own models still do. */
function holdsTo({ vendor, isOpenai }: OpenaiSettings, { tools = [] }: AskedModel): boolean {
  return vendor.can.schema && (isOpenai || tools.length === 0);
}
