import type { Provider } from '@orch/contracts';
import { createHttp, defineProvider } from '@orch/providers-core';
import type { HttpDeps, SettingsInput } from '@orch/providers-core';
import { check } from './check.ts';
import { adviceFor } from './inquire.ts';
import { listModels } from './models.ts';
import { readers } from './reply.ts';
import { identify, toRequest } from './request.ts';
import { toOpenaiSettings } from './settings.ts';
import { openai } from './vendor.ts';
import type { CompatibleVendor } from './vendor.ts';

/**
 * OpenAI, or any server that speaks its chat completions or its Responses. Only OpenAI itself needs a key. Throws
 * `usage` for settings that are not right.
 */
export function createOpenai(settings: SettingsInput, deps: HttpDeps): Provider {
  return createCompatible(openai, settings, deps);
}

/** The same for somebody else who speaks as OpenAI does, under a name of its own. */
export function createCompatible(vendor: CompatibleVendor, settings: SettingsInput, deps: HttpDeps): Provider {
  const known = toOpenaiSettings(settings, vendor);
  const http = createHttp(known, deps);
  return defineProvider({
    name: vendor.name,
    can: { ...vendor.can, local: known.isLocal, shareable: true },
    http,
    identify: (request) => identify(known, request),
    request: (request) => toRequest(known, request),
    ...readers[known.api],
    check: (model, context) => check(known, http, { model, context }),
    models: (context) => listModels(known, http, { context }),
    hint: (error, model) => adviceFor(known, error, model),
  });
}
