import { OrchError } from '@orch/contracts';
import type { ProviderContext } from '@orch/contracts';
import type { Http } from '@orch/providers-core';
import { environment } from './settings.ts';
import type { OllamaSettings } from './settings.ts';

type Asked = { readonly model: string | undefined; readonly context: ProviderContext };

/** Whether the server is there and has the model. Without one: the only or the newest model that it has. */
export async function check(
  settings: OllamaSettings,
  http: Http,
  { model, context }: Asked,
): Promise<{ model: string }> {
  const models = toModels(await listModels(settings, http, context));
  const found = model === undefined ? newest(models) : models.find((one) => isSame(one.name, model));
  if (found === undefined) throw modelMissing(settings, models, model);
  return { model: model ?? found.name };
}

async function listModels(settings: OllamaSettings, http: Http, context: ProviderContext): Promise<unknown> {
  const url = `${settings.baseUrl}/api/tags`;
  const headers = settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` };
  const mayRetry = ({ code }: OrchError): boolean => code === 'rate_limit' || code === 'server';
  try {
    return await http.json({ url, headers, context, mayRetry });
  } catch (error) {
    if (OrchError.is(error) && (error.code === 'network' || error.code === 'timeout')) throw notThere(settings, error);
    throw error;
  }
}

/** What is set, what is not, and the line that would fix it. */
function notThere(settings: OllamaSettings, cause: OrchError): OrchError {
  const { baseUrl, isDefaultUrl } = settings;
  const names = environment.baseUrl.join(' and ');
  const where = isDefaultUrl ? `${baseUrl} (the default: ${names} are not set)` : baseUrl;
  const message = `Expected Ollama to answer at ${where}. ${cause.message}`;
  return new OrchError('network', message, { hint: startHint(settings), retryable: false, cause });
}

type Model = { readonly name: string; readonly modifiedAt: number };

function toModels(body: unknown): Model[] {
  const { models } = (body ?? {}) as { models?: unknown };
  if (!Array.isArray(models)) {
    throw new OrchError(
      'bad_response',
      'Expected /api/tags to list models, got something else: is this an Ollama server?',
      {
        retryable: false,
      },
    );
  }
  return (models as ({ name?: unknown; modified_at?: unknown } | null)[]).flatMap((model) =>
    typeof model?.name === 'string'
      ? [{ name: model.name, modifiedAt: Date.parse(String(model.modified_at)) || 0 }]
      : [],
  );
}

function newest(models: readonly Model[]): Model | undefined {
  return models.toSorted((a, b) => b.modifiedAt - a.modifiedAt)[0];
}

/** A name without a tag means `latest`. */
function isSame(name: string, asked: string): boolean {
  return name === asked || name === `${asked}:latest`;
}

function modelMissing({ baseUrl }: OllamaSettings, models: readonly Model[], asked?: string): OrchError {
  const has = models.length === 0 ? 'none' : models.map(({ name }) => name).join(', ');
  const wanted = asked === undefined ? 'a model' : `the model ${asked}`;
  const message = `Expected Ollama at ${baseUrl} to have ${wanted}, it has ${has}.`;
  return new OrchError('model_missing', message, { hint: pullHint(asked ?? 'qwen2.5:7b') });
}

/** What to do about an error of an exchange. */
export function adviceFor(settings: OllamaSettings, { code }: OrchError, model: string): string | undefined {
  if (code === 'model_missing') return pullHint(model);
  return code === 'network' ? startHint(settings) : undefined;
}

function pullHint(model: string): string {
  return `Fetch it with \`ollama pull ${model}\`.`;
}

function startHint({ isLocal }: OllamaSettings): string {
  const start = isLocal ? 'Start it with `ollama serve`, or set' : 'Start it there, or set';
  return `${start} ${environment.baseUrl[0]} to where it runs.`;
}
