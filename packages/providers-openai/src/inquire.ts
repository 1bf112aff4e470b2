import { OrchError } from '@orch/contracts';
import type { ProviderContext } from '@orch/contracts';
import { inquire as ask, isUnreachable } from '@orch/providers-core';
import type { Http } from '@orch/providers-core';
import { endpointOf, pathOf } from './settings.ts';
import type { OpenaiSettings } from './settings.ts';
import { environment } from './vendor.ts';

export type Inquiry = {
  readonly path: '/models' | `/models/${string}`;
  /** The one that will be asked, where that is known. */
  readonly model?: string | undefined;
  readonly context: ProviderContext;
};

/** Asks the server about itself. Whatever keeps it from answering comes with what to do about it. */
export async function inquire(
  settings: OpenaiSettings,
  http: Http,
  { path, model, context }: Inquiry,
): Promise<unknown> {
  const { baseUrl, headers } = settings;
  const advice = (error: OrchError): string | undefined => adviceFor(settings, error, model);
  const asked = { url: endpointOf(settings, path), headers, context, namesModel: path !== '/models' };
  return ask(http, { ...asked, who: `the server at ${baseUrl}`, advice });
}

/** OpenAI itself would not talk to us. */
export function noKey(also = ''): OrchError {
  const [keyName] = environment.apiKey;
  return new OrchError('unconfigured', `Expected an API key for OpenAI, ${keyName} is not set.`, {
    hint: `Set ${keyName}, or ${environment.baseUrl[0]} to a compatible server of your own.${also}`,
  });
}

/** What to do about an error, of an exchange too. */
export function adviceFor(settings: OpenaiSettings, error: OrchError, model?: string): string | undefined {
  if (isUnreachable(error)) return adviceOnSilence(settings, model);
  if (error.code === 'model_missing') return adviceOnModel(settings, model);
  if (error.code === 'unconfigured') return adviceOnUrl(settings);
  return error.code === 'auth' ? adviceOnKey(settings) : undefined;
}

function adviceOnModel({ vendor, baseUrl }: OpenaiSettings, model: string | undefined): string | undefined {
  const isDeployment = baseUrl.includes('/deployments/');
  return isDeployment ? 'Check the deployment that `base_url` names.' : vendor.hints?.modelMissing(model);
}

function adviceOnKey({ vendor, authorizedBy, apiKey, headers }: OpenaiSettings): string | undefined {
  const [keyName] = vendor.environment.apiKey ?? [];
  if (authorizedBy === undefined) return keyName && `Set ${keyName}: it is not set.`;
  const isKey = apiKey !== undefined && headers['authorization'] === `Bearer ${apiKey}`;
  return `Check ${(isKey && keyName) || `the header \`${authorizedBy}\``} and what it may use.`;
}

function adviceOnSilence(settings: OpenaiSettings, model: string | undefined): string {
  const start = settings.vendor.hints?.unreachable(model);
  return start ?? `Check that it runs, or set ${baseNames(settings)} to where it does.`;
}

export function adviceOnUrl(settings: OpenaiSettings): string {
  const usually = settings.apiVersion === undefined ? ', and mostly ends in /v1' : '';
  return `Check ${baseNames(settings)}: it is what comes before ${pathOf(settings)}${usually}.`;
}

/** The job may name the base, or the environment. */
function baseNames({ vendor }: OpenaiSettings): string {
  return `\`base_url\` (or ${vendor.environment.baseUrl[0]})`;
}
