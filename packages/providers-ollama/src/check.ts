import { OrchError } from '@orch/contracts';
import { adviceOnServer, listModels, showModel } from './models.ts';
import type { Model, Service, Shown } from './models.ts';
import type { OllamaSettings } from './settings.ts';

type Found = { readonly model: string; readonly contextTokens?: number };

/** Whether the server is there and has the model. Without one: the newest of its models that answers questions. */
export async function check(service: Service, asked: string | undefined): Promise<Found> {
  const models = await listModels(service);
  if (asked === undefined) return newest(service, models);
  const found = models.find(({ name }) => isSame(name, asked));
  if (found === undefined) throw modelMissing(service.settings, models, asked);
  return toFound(asked, await showModel(service, found.name));
}

async function newest(service: Service, models: readonly Model[]): Promise<Found> {
  for (const { name } of models.toSorted((a, b) => b.modifiedAt - a.modifiedAt)) {
    const shown = await showModel(service, name);
    if (shown.answers) return toFound(name, shown);
  }
  throw modelMissing(service.settings, models);
}

function toFound(model: string, { contextTokens }: Shown): Found {
  return { model, ...(contextTokens !== undefined && { contextTokens }) };
}

/** A name without a tag means `latest`. */
function isSame(name: string, asked: string): boolean {
  return name === asked || name === `${asked}:latest`;
}

function modelMissing({ baseUrl }: OllamaSettings, models: readonly Model[], asked?: string): OrchError {
  const has = models.length === 0 ? 'none' : models.map(({ name }) => name).join(', ');
  const wanted = asked === undefined ? 'a model that answers' : `the model ${asked}`;
  const message = `Expected Ollama at ${baseUrl} to have ${wanted}, it has ${has}.`;
  return new OrchError('model_missing', message, { hint: pullHint(asked ?? 'qwen2.5:7b') });
}

/** What to do about an error of an exchange. */
export function adviceFor(settings: OllamaSettings, error: OrchError, model: string): string | undefined {
  const { code, message } = error;
  if (code === 'model_missing') return pullHint(model);
  if (code === 'bad_request' && message.includes('does not support')) {
    return `Name a model that does: \`ollama show ${model}\` says what one can do.`;
  }
  return adviceOnServer(settings, error);
}

function pullHint(model: string): string {
  return `Fetch it with \`ollama pull ${model}\`.`;
}
