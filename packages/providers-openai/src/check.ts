import { OrchError } from '@orch/contracts';
import type { ModelInfo, ProviderContext } from '@orch/contracts';
import type { Http } from '@orch/providers-core';
import { fieldsOf } from './answer-body.ts';
import { inquire, noKey } from './inquire.ts';
import { toModel, toModels } from './models.ts';
import type { OpenaiSettings } from './settings.ts';

type Asked = { readonly model: string | undefined; readonly context: ProviderContext };
type Found = { readonly model: string; readonly contextTokens?: number | undefined };

/**
 * Whether there is a key where one is needed, a model is named, and the server is there and has it; and how much fits
 * into the model, where the server tells.
 */
export async function check(settings: OpenaiSettings, http: Http, { model, context }: Asked): Promise<Found> {
  if (settings.isVendor && settings.authorizedBy === undefined) {
    throw noKey(model === undefined ? ' A model is missing too: `--provider openai:MODEL`.' : '');
  }
  if (model === undefined || model === '') throw noModel(settings);
  const info = settings.isVendor
    ? toModel(fieldsOf(await inquire(settings, http, { path: `/models/${encodeURIComponent(model)}`, model, context })))
    : mustHave(settings, model, await listed(settings, http, { model, context }));
  return { model, ...(info?.contextTokens !== undefined && { contextTokens: info.contextTokens }) };
}

function noModel({ baseUrl, vendor }: OpenaiSettings): OrchError {
  return new OrchError('unconfigured', `Expected to be told which model of ${baseUrl} shall answer, got none.`, {
    hint: `Name it: \`--provider ${vendor.name}:MODEL\`, or set PROVIDER_MODEL.`,
  });
}

/** A compatible server's models. Undefined when it has no such list: that says nothing about the model. */
async function listed(settings: OpenaiSettings, http: Http, asked: Asked): Promise<readonly ModelInfo[] | undefined> {
  try {
    return toModels(await inquire(settings, http, { path: '/models', ...asked }));
  } catch (error) {
    if (OrchError.is(error) && lacksList(error)) return undefined;
    throw error;
  }
}

function lacksList({ details }: OrchError): boolean {
  return [404, 405, 501].includes(Number(details?.['status']));
}

function mustHave(
  { baseUrl, vendor }: OpenaiSettings,
  model: string,
  models: readonly ModelInfo[] = [],
): ModelInfo | undefined {
  const found = models.find(({ id }) => id === model);
  if (found !== undefined || models.length === 0) return found;
  const some = models.slice(0, 10).map(({ id }) => id);
  const more = models.length > 10 ? `, and ${models.length - 10} more` : '';
  const message = `Expected the server at ${baseUrl} to have the model ${model}, it has ${some.join(', ')}${more}.`;
  throw new OrchError('model_missing', message, {
    hint: vendor.hint?.('model_missing', model) ?? 'Name one of these.',
  });
}
