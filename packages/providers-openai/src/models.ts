import { OrchError } from '@orch/contracts';
import type { ModelInfo } from '@orch/contracts';
import type { Http } from '@orch/providers-core';
import { countOf, fieldsOf, listOf, textOf } from './answer-body.ts';
import type { Fields } from './answer-body.ts';
import { adviceOnUrl, inquire, noKey } from './inquire.ts';
import type { Inquiry } from './inquire.ts';
import type { OpenaiSettings } from './settings.ts';

/** The models of the server (`GET /models`). Throws `bad_response` when what it has there is no list. */
export async function listModels(
  settings: OpenaiSettings,
  http: Http,
  asked: Pick<Inquiry, 'model' | 'context'>,
): Promise<readonly ModelInfo[]> {
  if (settings.isVendor && settings.authorizedBy === undefined) throw noKey();
  const models = toModels(await inquire(settings, http, { path: '/models', ...asked }));
  if (models !== undefined) return models;
  const message = `Expected a list of models from ${settings.baseUrl}/models, got something else.`;
  throw new OrchError('bad_response', message, { hint: adviceOnUrl(settings) });
}

/** Undefined for what is no list of models. Mostly it stands under `data`; some servers send it bare. */
function toModels(body: unknown): readonly ModelInfo[] | undefined {
  const list = Array.isArray(body) ? body : fieldsOf(body)['data'];
  return Array.isArray(list) ? listOf(list).flatMap((model) => toModel(model) ?? []) : undefined;
}

/** One model as a server describes it; undefined when it has no id. */
export function toModel(model: Fields): ModelInfo | undefined {
  const id = textOf(model['id']);
  if (id === '') return undefined;
  const contextTokens = contextFields.map((field) => countOf(model[field])).find((count) => count !== undefined);
  return { id, ...(contextTokens !== undefined && { contextTokens }) };
}

/** What servers call it: OpenRouter and Together, vLLM, Groq. */
const contextFields = ['context_length', 'max_model_len', 'context_window'];
