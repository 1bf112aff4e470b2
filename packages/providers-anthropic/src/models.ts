import { OrchError } from '@orch/contracts';
import type { ModelInfo } from '@orch/contracts';
import { adviceOnUrl, inquire, mustHaveKey } from './inquire.ts';
import type { Service } from './inquire.ts';

/** The models of the server (`GET /v1/models`), page by page. Throws `bad_response` when what it has there is no list. */
export async function listModels(service: Service): Promise<readonly ModelInfo[]> {
  mustHaveKey(service.settings);
  const models: ModelInfo[] = [];
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = await readPage(service, after);
    models.push(...page.models);
    after = page.next;
  }
  return models;
}

/** As many as one page may have. */
const limit = 1000;

type Page = { readonly models: readonly ModelInfo[]; readonly next: string | undefined };

async function readPage(service: Service, after: string): Promise<Page> {
  const from = after === '' ? '' : `&after_id=${encodeURIComponent(after)}`;
  const body = await inquire(service, `/v1/models?limit=${limit}${from}`);
  const { data, has_more: hasMore, last_id: last } = (body ?? {}) as Readonly<Record<string, unknown>>;
  if (!Array.isArray(data)) throw noList(service);
  const models = data.flatMap((model) => toModel(model) ?? []);
  const goesOn = hasMore === true && typeof last === 'string' && last !== after && data.length > 0;
  return { models, next: goesOn ? last : undefined };
}

function noList({ settings }: Service): OrchError {
  const message = `Expected a list of models from ${settings.baseUrl}/v1/models, got something else.`;
  return new OrchError('bad_response', message, { hint: adviceOnUrl, retryable: false });
}

/** One model as the server describes it; undefined when it has no id. */
export function toModel(value: unknown): ModelInfo | undefined {
  const { id, max_input_tokens: tokens } = (value ?? {}) as Readonly<Record<string, unknown>>;
  if (typeof id !== 'string' || id === '') return undefined;
  return { id, ...(Number.isSafeInteger(tokens) && (tokens as number) > 0 && { contextTokens: tokens as number }) };
}
