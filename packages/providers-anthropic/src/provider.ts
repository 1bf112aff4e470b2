import type { ModelRequest, Provider, ProviderContext } from '@orch/contracts';
import { createHttp, defineProvider } from '@orch/providers-core';
import type { HttpDeps, SettingsInput } from '@orch/providers-core';
import { check } from './check.ts';
import { adviceFor } from './inquire.ts';
import { listModels } from './models.ts';
import { readDeltas, readReply } from './reply.ts';
import { identify, toRequest } from './request.ts';
import { environment, leftOut, name, toAnthropicSettings } from './settings.ts';
import type { AnthropicSettings } from './settings.ts';

/**
 * Anthropic, or any server that speaks its Messages API. Only Anthropic itself needs a key. `max_tokens` is always
 * sent, 32 000 unless an option says otherwise. Throws `usage` for settings that are not right.
 */
export function createAnthropic(input: SettingsInput, deps: HttpDeps): Provider {
  const settings = toAnthropicSettings(input);
  const http = createHttp(settings, deps);
  const provider = defineProvider({
    name,
    can: { schema: true, tools: true, images: true, local: settings.isLocal, shareable: true },
    http,
    identify: (request) => identify(settings, request),
    request: (request) => toRequest(settings, request),
    deltas: readDeltas,
    reply: readReply,
    check: (model, context) => check({ settings, http, context }, model),
    models: (context) => listModels({ settings, http, context }),
    hint: (error) => adviceFor(settings, error),
  });
  return warningOnce(settings, provider);
}

/** Says the first time that an option has to be left out; the answers come without it every time. */
function warningOnce(settings: AnthropicSettings, provider: Provider): Provider {
  let isSaid = false;
  const warn = ({ options }: ModelRequest, context: ProviderContext): void => {
    const names = isSaid ? [] : leftOut(settings, options);
    if (names.length === 0) return;
    isSaid = true;
    context.onNotice?.({ type: 'warning', message: withoutOptions(settings, names) });
  };
  return {
    ...provider,
    complete(request, context) {
      warn(request, context);
      return provider.complete(request, context);
    },
    stream(request, context) {
      warn(request, context);
      return provider.stream(request, context);
    },
  };
}

function withoutOptions({ apiVersion }: AnthropicSettings, names: readonly string[]): string {
  const older = `\`api_version: 2023-06-01\` (${environment.apiVersion[0]}) sends what is set, which older models take.`;
  return `${name} is asked without ${names.join(', ')}: API version ${apiVersion} has no such options. ${older}`;
}
