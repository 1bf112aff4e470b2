import { OrchError } from '@orch/contracts';
import type { ProviderContext } from '@orch/contracts';
import type { Http } from '@orch/providers-core';
import { endpointOf } from './settings.ts';
import type { OpenaiSettings } from './settings.ts';
import { environment } from './vendor.ts';

type Inquiry = {
  readonly path: string;
  /** What it is about, where it is about one. */
  readonly model?: string | undefined;
  readonly context: ProviderContext;
};

/** Asks the server about itself. Whatever keeps it from answering comes with what to do about it. */
export async function inquire(
  settings: OpenaiSettings,
  http: Http,
  { path, model, context }: Inquiry,
): Promise<unknown> {
  const { headers } = settings;
  const mayRetry = ({ code }: OrchError): boolean => code === 'rate_limit' || code === 'server';
  const hint = (error: OrchError): string | undefined => adviceFor(settings, error, model);
  try {
    return await http.json({ url: endpointOf(settings, path), headers, context, mayRetry, hint });
  } catch (error) {
    if (OrchError.is(error) && (error.code === 'network' || error.code === 'timeout'))
      throw notThere(settings, error, model);
    throw error;
  }
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
  const { vendor, authorizedBy, apiKey, headers } = settings;
  const [keyName] = vendor.environment.apiKey ?? [];
  const own = vendor.hint?.(error.code, model);
  if (own !== undefined) return own;
  if (error.code === 'unconfigured') {
    return `Check ${vendor.environment.baseUrl[0]}: it ends in the version of the API, mostly /v1.`;
  }
  if (error.code !== 'auth') return undefined;
  if (authorizedBy === undefined) return keyName && `Set ${keyName}: it is not set.`;
  const isKey = apiKey !== undefined && headers['authorization'] === `Bearer ${apiKey}`;
  return `Check ${(isKey && keyName) || `the header \`${authorizedBy}\``} and what it may use.`;
}

function notThere(settings: OpenaiSettings, cause: OrchError, model: string | undefined): OrchError {
  const { vendor, baseUrl } = settings;
  const hint = `Check that it runs, or set ${vendor.environment.baseUrl[0]} to where it does.`;
  return new OrchError('network', `Expected the server at ${baseUrl} to answer. ${cause.message}`, {
    hint: vendor.hint?.(cause.code, model) ?? hint,
    retryable: false,
    cause,
  });
}
