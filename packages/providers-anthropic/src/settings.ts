import { OrchError } from '@orch/contracts';
import { isLoopback, modelOptions, parseBaseUrl, parseOptions, parseSettings, serviceOf } from '@orch/providers-core';
import type { ProviderEnvironment, Settings, SettingsInput } from '@orch/providers-core';
import { z } from 'zod';

export const name = 'anthropic';

/** The environment variables that mean something to this provider. */
export const environment = {
  baseUrl: ['ANTHROPIC_BASE_URL'],
  apiKey: ['ANTHROPIC_API_KEY'],
  apiVersion: ['ANTHROPIC_VERSION'],
} as const satisfies ProviderEnvironment & { readonly apiVersion: readonly string[] };

const vendorUrl = 'https://api.anthropic.com';

/** Values of `anthropic-version` (https://platform.claude.com/docs/en/api/versioning), the default last. */
const apiVersions = ['2023-06-01', '2026-10-21'] as const;

export type ApiVersion = (typeof apiVersions)[number];

const defaultApiVersion: ApiVersion = '2026-10-21';

export type AnthropicSettings = Omit<Settings, 'headers'> & {
  readonly baseUrl: string;
  readonly apiVersion: ApiVersion;
  /** Whether that is Anthropic itself, which wants a key. */
  readonly isVendor: boolean;
  readonly isLocal: boolean;
  readonly service: string | undefined;
  /** Which header carries a key, when there is one. */
  readonly authorizedBy: string | undefined;
  /** The version, what carries the key when there is one, and those that were set. */
  readonly headers: Readonly<Record<string, string>>;
};

export function toAnthropicSettings(input: SettingsInput): AnthropicSettings {
  const settings = parseSettings(name, input);
  if (settings.api !== undefined) throw noOtherApi(settings.api);
  const baseUrl = parseBaseUrl(name, settings.baseUrl ?? vendorUrl);
  const apiVersion = toApiVersion(settings.apiVersion ?? defaultApiVersion);
  parseOptions(name, schema, settings.options);
  const headers = toHeaders(apiVersion, settings);
  return {
    ...settings,
    baseUrl,
    apiVersion,
    isVendor: baseUrl === vendorUrl,
    isLocal: isLoopback(baseUrl),
    service: serviceOf(baseUrl, vendorUrl),
    authorizedBy: keyHeaders.find((header) => headers[header] !== undefined),
    headers,
  };
}

function noOtherApi(api: string): OrchError {
  return new OrchError('usage', `Expected no \`api\` for ${name}, which has one only, got \`${api}\`.`);
}

function toApiVersion(text: string): ApiVersion {
  const known = apiVersions.find((version) => version === text);
  if (known !== undefined) return known;
  const message = `Expected the API version of ${name} to be ${apiVersions.join(' or ')}, got \`${text}\`.`;
  throw new OrchError('usage', message, { hint: `Set \`api_version\`, or ${environment.apiVersion[0]}.` });
}

const versionHeader = 'anthropic-version';
const keyHeaders = ['authorization', 'x-api-key'];

/** The key moved from one header to the other with the version. One that was set as a header is the only one. */
function toHeaders(version: ApiVersion, { apiKey, headers = {} }: Settings): Record<string, string> {
  const own = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]));
  if (own[versionHeader] !== undefined) throw versionAsHeader();
  const hasKey = keyHeaders.some((header) => own[header] !== undefined);
  const key = apiKey === undefined || hasKey ? {} : toKeyHeader(version, apiKey);
  return { [versionHeader]: version, ...key, ...own };
}

/** It is part of the cache key, and decides on more than a header. */
function versionAsHeader(): OrchError {
  const message = `Expected no header \`${versionHeader}\` for ${name}, which sends its own.`;
  return new OrchError('usage', message, { hint: `Set \`api_version\`, or ${environment.apiVersion[0]}.` });
}

function toKeyHeader(version: ApiVersion, key: string): Record<string, string> {
  return version === '2023-06-01' ? { 'x-api-key': key } : { authorization: `Bearer ${key}` };
}

const { top_p, top_k, max_tokens, stop } = modelOptions;
const temperature = z.number().min(0).max(1).exactOptional();
const schema = z.strictObject({ temperature, top_p, top_k, max_tokens, stop });

/** Enough for a long answer and the thinking before it; no model that is served today allows less. */
const defaultMaxTokens = 32_000;

/** Options of the older version that the newer one answers with 400, whatever their value. */
const sampling = ['temperature', 'top_p', 'top_k'] as const;

type GivenOptions = Pick<AnthropicSettings, 'options' | 'apiVersion'>;

export type SentOptions = z.infer<typeof schema> & { readonly max_tokens: number };

/** What is really sent: the settings' options under those of the question, without those that the version refuses. */
export function toOptions({ options, apiVersion }: GivenOptions, question: object): SentOptions {
  const asked = { max_tokens: defaultMaxTokens, ...parseOptions(name, schema, options, question) };
  if (apiVersion === '2023-06-01') return asked;
  const { temperature: _, top_p: __, top_k: ___, ...sent } = asked;
  return sent;
}

/** The names of the options that were asked for and are not sent. */
export function leftOut({ options, apiVersion }: GivenOptions, question: object): string[] {
  const layers: readonly Readonly<Record<string, unknown>>[] = [options, { ...question }];
  const isAsked = (option: string): boolean => layers.some((layer) => layer[option] !== undefined);
  return apiVersion === '2023-06-01' ? [] : sampling.filter(isAsked);
}
