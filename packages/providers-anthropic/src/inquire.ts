import { OrchError } from '@orch/contracts';
import type { ProviderContext } from '@orch/contracts';
import { inquire as ask, isUnreachable } from '@orch/providers-core';
import type { Http } from '@orch/providers-core';
import { environment } from './settings.ts';
import type { AnthropicSettings } from './settings.ts';

/** A server that can be asked about itself. */
export type Service = {
  readonly settings: AnthropicSettings;
  readonly http: Http;
  readonly context: ProviderContext;
};

const [keyName] = environment.apiKey;
const [baseName] = environment.baseUrl;
const [versionName] = environment.apiVersion;

/** Asks the server about itself. Whatever keeps it from answering comes with what to do about it. */
export async function inquire({ settings, http, context }: Service, path: string): Promise<unknown> {
  const { baseUrl, headers } = settings;
  const advice = (error: OrchError): string | undefined => adviceFor(settings, error);
  const asked = { url: baseUrl + path, headers, context, namesModel: path.startsWith('/v1/models/') };
  return ask(http, { ...asked, who: `the server at ${baseUrl}`, advice });
}

/** Throws `unconfigured` where nothing could be asked: Anthropic itself wants a key. */
export function mustHaveKey({ isVendor, authorizedBy }: AnthropicSettings, also = ''): void {
  if (!isVendor || authorizedBy !== undefined) return;
  throw new OrchError('unconfigured', `Expected an API key for Anthropic, ${keyName} is not set.`, {
    hint: `Set ${keyName}, or ${baseName} to a compatible server of your own.${also}`,
  });
}

export const adviceOnUrl = `Check \`base_url\` (or ${baseName}): it is what comes before /v1/messages, without the /v1.`;

/** What to do about an error, of an exchange too. */
export function adviceFor(settings: AnthropicSettings, error: OrchError): string | undefined {
  const { code, message } = error;
  if (isUnreachable(error)) return `Check that it runs, or set \`base_url\` (or ${baseName}) to where it does.`;
  if (code === 'auth') return adviceOnKey(settings);
  if (code === 'unconfigured') return adviceOnUrl;
  const isForced = code === 'bad_request' && settings.apiVersion === '2023-06-01' && message.includes('tool_choice');
  return isForced ? `Leave ${versionName} out: the newer version needs no forced tool for a schema.` : undefined;
}

function adviceOnKey({ headers, apiKey, authorizedBy, apiVersion, isVendor }: AnthropicSettings): string {
  if (authorizedBy === undefined) return `Set ${keyName}: it is not set.`;
  const isOurs = apiKey !== undefined && headers[authorizedBy]?.endsWith(apiKey) === true;
  const check = `Check ${isOurs ? keyName : `the header \`${authorizedBy}\``} and what it may use.`;
  if (!isOurs || isVendor || apiVersion === '2023-06-01') return check;
  return `${check} A server that wants it as x-api-key needs ${versionName}=2023-06-01.`;
}
