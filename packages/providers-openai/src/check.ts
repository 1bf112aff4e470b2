import { OrchError } from '@orch/contracts';
import type { CheckedModel, ProviderContext } from '@orch/contracts';
import { findListed } from '@orch/providers-core';
import type { Http } from '@orch/providers-core';
import { fieldsOf } from './answer-body.ts';
import { adviceFor, inquire, noKey } from './inquire.ts';
import { listModels, toModel } from './models.ts';
import type { OpenaiSettings } from './settings.ts';

type Asked = { readonly model: string | undefined; readonly context: ProviderContext };

/**
 * Whether there is a key where one is needed, a model is named, and the server is there and has it; and how much fits
 * into the model, where the server tells.
 */
export async function check(settings: OpenaiSettings, http: Http, { model, context }: Asked): Promise<CheckedModel> {
  const { baseUrl, isVendor, authorizedBy } = settings;
  if (isVendor && authorizedBy === undefined) {
    throw noKey(model === undefined ? ' A model is missing too: `--provider openai:MODEL`.' : '');
  }
  if (model === undefined || model === '') throw noModel(settings);
  if (!isVendor) {
    const advice = (error: OrchError): string | undefined => adviceFor(settings, error, model);
    return findListed(model, { baseUrl, list: () => listModels(settings, http, { model, context }), advice });
  }
  const path = `/models/${encodeURIComponent(model)}` as const;
  const { contextTokens } = toModel(fieldsOf(await inquire(settings, http, { path, model, context }))) ?? {};
  return { model, ...(contextTokens !== undefined && { contextTokens }) };
}

function noModel({ baseUrl, vendor }: OpenaiSettings): OrchError {
  return new OrchError('unconfigured', `Expected to be told which model of ${baseUrl} shall answer, got none.`, {
    hint: `Name it: \`--provider ${vendor.name}:MODEL\`, or set PROVIDER_MODEL.`,
  });
}
