import { OrchError } from '@orch/contracts';
import type { ModelInfo, ProviderContext } from '@orch/contracts';
import { inquire, isUnreachable } from '@orch/providers-core';
import type { Http } from '@orch/providers-core';
import { environment } from './settings.ts';
import type { OllamaSettings } from './settings.ts';

/** A server that can be asked about its models. */
export type Service = {
  readonly settings: OllamaSettings;
  readonly http: Http;
  readonly context: ProviderContext;
};

/** A model as `/api/tags` lists it; `modifiedAt` in milliseconds since the epoch. */
export type Model = { readonly name: string; readonly modifiedAt: number; readonly sizeBytes: number | undefined };

/** Every model that the server has, each with its size and context. */
export async function models(service: Service): Promise<readonly ModelInfo[]> {
  const listed = await listModels(service);
  return Promise.all(
    listed.map(async ({ name, sizeBytes }) => {
      const { contextTokens } = await showModel(service, name);
      return {
        id: name,
        ...(contextTokens !== undefined && { contextTokens }),
        ...(sizeBytes !== undefined && { sizeBytes }),
      };
    }),
  );
}

type Listed = { readonly name?: unknown; readonly modified_at?: unknown; readonly size?: unknown };

/** `GET /api/tags` (https://docs.ollama.com/api/tags). */
export async function listModels(service: Service): Promise<readonly Model[]> {
  const { models: listed } = ((await ask(service, '/api/tags')) ?? {}) as { models?: unknown };
  if (!Array.isArray(listed)) throw noList();
  return (listed as (Listed | null)[]).flatMap((model) =>
    typeof model?.name === 'string'
      ? [{ name: model.name, modifiedAt: Date.parse(String(model.modified_at)) || 0, sizeBytes: countOf(model.size) }]
      : [],
  );
}

function noList(): OrchError {
  const message = 'Expected /api/tags to list models, got something else: is this an Ollama server?';
  return new OrchError('bad_response', message, { hint: adviceOnUrl, retryable: false });
}

export type Shown = {
  /** What the model was made for; `num_ctx` says how much of it is used. */
  readonly contextTokens: number | undefined;
  /** False for those that only embed. */
  readonly answers: boolean;
};

/** `POST /api/show` (https://docs.ollama.com/api-reference/show-model-details). A server that cannot say says nothing. */
export async function showModel(service: Service, model: string): Promise<Shown> {
  try {
    const shown = ((await ask(service, '/api/show', { model })) ?? {}) as {
      model_info?: unknown;
      capabilities?: unknown;
    };
    const info = (shown.model_info ?? {}) as Record<string, unknown>;
    const contextTokens = countOf(info[`${String(info['general.architecture'])}.context_length`]);
    const { capabilities } = shown;
    return { contextTokens, answers: !Array.isArray(capabilities) || capabilities.includes('completion') };
  } catch (error) {
    if (!OrchError.is(error) || error.details?.['status'] === undefined || error.code === 'auth') throw error;
    return { contextTokens: undefined, answers: true };
  }
}

async function ask({ settings, http, context }: Service, path: string, body?: { model: string }): Promise<unknown> {
  const { baseUrl, headers } = settings;
  const advice = (error: OrchError): string | undefined => adviceOnServer(settings, error);
  const asked = { url: baseUrl + path, headers, body, context, namesModel: body !== undefined };
  return inquire(http, { ...asked, who: `Ollama at ${placeOf(settings)}`, advice });
}

/** What is set, or that nothing is. */
function placeOf({ baseUrl, isDefaultUrl }: OllamaSettings): string {
  return isDefaultUrl ? `${baseUrl} (the default: ${environment.baseUrl.join(' and ')} are not set)` : baseUrl;
}

/** What to do when it is not there, or somebody else is. */
export function adviceOnServer(settings: OllamaSettings, error: OrchError): string | undefined {
  if (isUnreachable(error)) return startHint(settings);
  return error.code === 'unconfigured' ? adviceOnUrl : undefined;
}

const adviceOnUrl = `Check \`base_url\` (or ${environment.baseUrl[0]}): it is what comes before /api/chat, without a /v1.`;

function startHint({ isLocal }: OllamaSettings): string {
  const start = isLocal ? 'Start it with `ollama serve`, or set' : 'Start it there, or set';
  return `${start} \`base_url\` (or ${environment.baseUrl[0]}) to where it runs.`;
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}
