import type { Provider } from '@orch/contracts';
import { createHttp, defineProvider } from '@orch/providers-core';
import type { HttpDeps, SettingsInput } from '@orch/providers-core';
import { adviceFor, check } from './check.ts';
import { readDeltas, readReply } from './reply.ts';
import { identify, toRequest } from './request.ts';
import { name, toOpenaiSettings } from './settings.ts';

/**
 * OpenAI, or any server that speaks its chat completions. Only OpenAI itself needs a key. Throws `usage` for settings
 * that are not right.
 */
export function createOpenai(settings: SettingsInput, deps: HttpDeps): Provider {
  const known = toOpenaiSettings(settings);
  const http = createHttp(known, deps);
  return defineProvider({
    name,
    can: { schema: true, tools: true, images: true, local: known.isLocal, shareable: true },
    http,
    identify: (request) => identify(known, request),
    request: (request) => toRequest(known, request),
    deltas: readDeltas,
    reply: readReply,
    check: (model, context) => check(known, http, { model, context }),
    hint: (error) => adviceFor(known, error),
  });
}
