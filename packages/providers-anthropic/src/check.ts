import { OrchError } from '@orch/contracts';
import type { ModelInfo } from '@orch/contracts';
import { inquire, mustHaveKey } from './inquire.ts';
import type { Service } from './inquire.ts';
import { listModels, toModel } from './models.ts';
import { name } from './settings.ts';

type Found = { readonly model: string; readonly contextTokens?: number | undefined };

/**
 * Whether there is a key where one is needed, a model is named, and the server is there and has it; and how much fits
 * into the model, where the server tells.
 */
export async function check(service: Service, model: string | undefined): Promise<Found> {
  const { settings } = service;
  const isNamed = model !== undefined && model !== '';
  mustHaveKey(settings, isNamed ? '' : ` A model is missing too: \`--provider ${name}:MODEL\`.`);
  if (!isNamed) throw noModel(settings.baseUrl);
  const info = settings.isVendor ? await findModel(service, model) : mustHave(service, model, await listed(service));
  return { model, ...(info?.contextTokens !== undefined && { contextTokens: info.contextTokens }) };
}

function noModel(baseUrl: string): OrchError {
  return new OrchError('unconfigured', `Expected to be told which model of ${baseUrl} shall answer, got none.`, {
    hint: `Name it: \`--provider ${name}:MODEL\`, or set PROVIDER_MODEL.`,
  });
}

/** Anthropic itself also knows the short names of its models, which its list leaves out. */
async function findModel(service: Service, model: string): Promise<ModelInfo | undefined> {
  const found = await inquire(service, `/v1/models/${encodeURIComponent(model)}`);
  if ((found as { readonly lifecycle?: unknown } | null)?.lifecycle === 'retired') throw retired(model);
  return toModel(found);
}

function retired(model: string): OrchError {
  return new OrchError('model_missing', `Expected Anthropic to serve the model ${model}, it was retired.`, {
    hint: `\`orch models ${name}\` lists those that are served.`,
  });
}

/** A compatible server's models. Undefined when it has no such list: that says nothing about the model. */
async function listed(service: Service): Promise<readonly ModelInfo[] | undefined> {
  try {
    return await listModels(service);
  } catch (error) {
    if (OrchError.is(error) && lacksList(error)) return undefined;
    throw error;
  }
}

function lacksList({ code, details }: OrchError): boolean {
  return [404, 405, 501].includes(Number(details?.['status'])) || code === 'bad_response';
}

function mustHave({ settings }: Service, model: string, models: readonly ModelInfo[] = []): ModelInfo | undefined {
  const found = models.find(({ id }) => id === model);
  if (found !== undefined || models.length === 0) return found;
  const some = models.slice(0, 10).map(({ id }) => id);
  const more = models.length > 10 ? `, and ${models.length - 10} more` : '';
  const message = `Expected the server at ${settings.baseUrl} to have the model ${model}, it has ${some.join(', ')}${more}.`;
  throw new OrchError('model_missing', message, { hint: 'Name one of these.' });
}
