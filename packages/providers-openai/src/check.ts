import { OrchError } from '@orch/contracts';
import type { ProviderContext } from '@orch/contracts';
import type { Http } from '@orch/providers-core';
import { environment } from './settings.ts';
import type { OpenaiSettings } from './settings.ts';

type Asked = { readonly model: string | undefined; readonly context: ProviderContext };

/** Whether there is a key where one is needed, a model is named, and the server is there and has it. */
export async function check(
  settings: OpenaiSettings,
  http: Http,
  { model, context }: Asked,
): Promise<{ model: string }> {
  if (settings.isVendor && settings.apiKey === undefined) throw noKey(model);
  if (model === undefined || model === '') throw noModel(settings);
  if (settings.isVendor) await ask(settings, http, { path: `/models/${encodeURIComponent(model)}`, context });
  else mustHave(settings, model, await listed(settings, http, context));
  return { model };
}

function noKey(model: string | undefined): OrchError {
  const too = model === undefined ? ' A model is missing too: `--provider openai:MODEL`.' : '';
  return new OrchError('unconfigured', `Expected an API key for OpenAI, ${environment.apiKey[0]} is not set.`, {
    hint: `Set ${environment.apiKey[0]}, or ${environment.baseUrl[0]} to a compatible server of your own.${too}`,
  });
}

function noModel({ baseUrl }: OpenaiSettings): OrchError {
  return new OrchError('unconfigured', `Expected to be told which model of ${baseUrl} shall answer, got none.`, {
    hint: 'Name it: `--provider openai:MODEL`, or set PROVIDER_MODEL.',
  });
}

type Question = { readonly path: string; readonly context: ProviderContext };

async function ask(settings: OpenaiSettings, http: Http, { path, context }: Question): Promise<unknown> {
  const { baseUrl, headers } = settings;
  const mayRetry = ({ code }: OrchError): boolean => code === 'rate_limit' || code === 'server';
  const hint = (error: OrchError): string | undefined => adviceFor(settings, error);
  try {
    return await http.json({ url: baseUrl + path, headers, context, mayRetry, hint });
  } catch (error) {
    if (OrchError.is(error) && (error.code === 'network' || error.code === 'timeout')) throw notThere(baseUrl, error);
    throw error;
  }
}

function notThere(baseUrl: string, cause: OrchError): OrchError {
  return new OrchError('network', `Expected the server at ${baseUrl} to answer. ${cause.message}`, {
    hint: `Check that it runs, or set ${environment.baseUrl[0]} to where it does.`,
    retryable: false,
    cause,
  });
}

/** The ids of a compatible server's models. Undefined when it has no such list: that says nothing about the model. */
async function listed(settings: OpenaiSettings, http: Http, context: ProviderContext): Promise<string[] | undefined> {
  try {
    const { data } = ((await ask(settings, http, { path: '/models', context })) ?? {}) as { data?: unknown };
    if (!Array.isArray(data)) return undefined;
    return (data as ({ id?: unknown } | null)[]).flatMap((model) => (typeof model?.id === 'string' ? [model.id] : []));
  } catch (error) {
    if (OrchError.is(error) && lacksList(error)) return undefined;
    throw error;
  }
}

function lacksList({ details }: OrchError): boolean {
  return [404, 405, 501].includes(Number(details?.['status']));
}

function mustHave({ baseUrl }: OpenaiSettings, model: string, ids: readonly string[] | undefined): void {
  if (ids === undefined || ids.length === 0 || ids.includes(model)) return;
  const some = ids.slice(0, 10).join(', ') + (ids.length > 10 ? `, and ${ids.length - 10} more` : '');
  throw new OrchError(
    'model_missing',
    `Expected the server at ${baseUrl} to have the model ${model}, it has ${some}.`,
    {
      hint: 'Name one of these.',
    },
  );
}

/** What to do about an error of an exchange. */
export function adviceFor({ apiKey }: OpenaiSettings, { code }: OrchError): string | undefined {
  const [key, base] = [environment.apiKey[0], environment.baseUrl[0]];
  if (code === 'auth') return apiKey === undefined ? `Set ${key}: it is not set.` : `Check ${key} and what it may use.`;
  return code === 'unconfigured' ? `Check ${base}: it ends in the version of the API, mostly /v1.` : undefined;
}
