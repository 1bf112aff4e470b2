import type { Provider } from '@orch/contracts';
import { createHttp, defineProvider } from '@orch/providers-core';
import type { HttpDeps, SettingsInput } from '@orch/providers-core';
import { adviceFor, check } from './check.ts';
import { models } from './models.ts';
import { readDeltas, readReply } from './reply.ts';
import { identify, toRequest } from './request.ts';
import { name, toOllamaSettings } from './settings.ts';

/**
 * Ollama over its native API. The context size (`num_ctx`) is always sent, 8192 unless an option says otherwise, and a
 * prompt that would not fit is refused as `truncated` before it is sent. Throws `usage` for settings that are not right.
 */
export function createOllama(input: SettingsInput, deps: HttpDeps): Provider {
  const settings = toOllamaSettings(input);
  const http = createHttp(settings, deps);
  return defineProvider({
    name,
    can: { schema: true, tools: true, images: true, local: settings.isLocal, shareable: true },
    http,
    identify: (request) => identify(settings, request),
    request: (request) => toRequest(settings, request),
    deltas: readDeltas,
    reply: readReply,
    check: (model, context) => check({ settings, http, context }, model),
    models: (context) => models({ settings, http, context }),
    hint: (error, model) => adviceFor(settings, error, model),
  });
}
