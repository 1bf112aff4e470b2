import { OrchError } from '@orch/contracts';
import type { CheckedModel } from '@orch/contracts';
import { findListed } from '@orch/providers-core';
import { adviceFor, inquire, mustHaveKey } from './inquire.ts';
import type { Service } from './inquire.ts';
import { listModels, toModel } from './models.ts';
import { name } from './settings.ts';

/**
 * Whether there is a key where one is needed, a model is named, and the server is there and has it; and how much fits
 * into the model, where the server tells.
 */
export async function check(service: Service, model: string | undefined): Promise<CheckedModel> {
  const { settings } = service;
  const isNamed = model !== undefined && model !== '';
  mustHaveKey(settings, isNamed ? '' : ` A model is missing too: \`--provider ${name}:MODEL\`.`);
  if (!isNamed) throw noModel(settings.baseUrl);
  if (settings.isVendor) return findModel(service, model);
  const advice = (error: OrchError): string | undefined => adviceFor(settings, error);
  return findListed(model, { baseUrl: settings.baseUrl, list: () => listModels(service), advice });
}

function noModel(baseUrl: string): OrchError {
  return new OrchError('unconfigured', `Expected to be told which model of ${baseUrl} shall answer, got none.`, {
    hint: `Name it: \`--provider ${name}:MODEL\`, or set PROVIDER_MODEL.`,
  });
}

/** Anthropic itself also knows the short names of its models, which its list leaves out. */
async function findModel(service: Service, model: string): Promise<CheckedModel> {
  const found = await inquire(service, `/v1/models/${encodeURIComponent(model)}`);
  if ((found as { readonly lifecycle?: unknown } | null)?.lifecycle === 'retired') throw retired(model);
  const { contextTokens } = toModel(found) ?? {};
  return { model, ...(contextTokens !== undefined && { contextTokens }) };
}

function retired(model: string): OrchError {
  return new OrchError('model_missing', `Expected Anthropic to serve the model ${model}, it was retired.`, {
    hint: `\`orch models ${name}\` lists those that are served.`,
  });
}
