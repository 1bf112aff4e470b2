import { OrchError } from '@orch/contracts';
import { isLoopback, modelOptions, parseBaseUrl, parseOptions, parseSettings, serviceOf } from '@orch/providers-core';
import type { Settings, SettingsInput } from '@orch/providers-core';
import { z } from 'zod';
import { openai } from './vendor.ts';
import type { Api, CompatibleVendor } from './vendor.ts';

export type OpenaiSettings = Omit<Settings, 'baseUrl' | 'api' | 'apiVersion' | 'headers'> & {
  readonly vendor: CompatibleVendor;
  /** Without its query. */
  readonly baseUrl: string;
  /** What Azure wants behind every path, as `?api-version=…`. */
  readonly apiVersion: string | undefined;
  readonly api: Api;
  /** Whether that is OpenAI itself, which wants a key and a model by name. */
  readonly isVendor: boolean;
  /** Whether OpenAI's own models answer there: it is OpenAI itself, or Azure. */
  readonly isOpenai: boolean;
  readonly isLocal: boolean;
  readonly service: string | undefined;
  /** The name of the one of `headers` that says who asks. */
  readonly authorizedBy: string | undefined;
  /** By lower-case name. Those that a person set win. */
  readonly headers: Readonly<Record<string, string>>;
};

export function toOpenaiSettings(input: SettingsInput, vendor: CompatibleVendor = openai): OpenaiSettings {
  const { name } = vendor;
  const settings = parseSettings(name, input);
  if (settings.apiVersion !== undefined) throw strayVersion(name, settings.apiVersion);
  const { baseUrl, apiVersion } = parseEndpoint(name, settings.baseUrl ?? vendor.baseUrl);
  const headers = toHeaders(settings);
  const isVendor = vendor === openai && baseUrl === vendor.baseUrl;
  const known = {
    ...settings,
    vendor,
    api: parseApi(vendor, settings.api),
    apiVersion,
    baseUrl,
    isVendor,
    isOpenai: isVendor || isAzure(baseUrl),
    isLocal: isLoopback(baseUrl),
    service: serviceOf(baseUrl, vendor.baseUrl),
    authorizedBy: authorizing.find((header) => header in headers),
    headers,
  };
  toOptions(known, {});
  return known;
}

/** Azure's hosts (https://learn.microsoft.com/azure/ai-foundry/foundry-models/concepts/endpoints). */
function isAzure(baseUrl: string): boolean {
  return /\.(openai|cognitiveservices|services\.ai)\.azure\.com$/.test(new URL(baseUrl).hostname);
}

/** Where questions go, below the base URL. */
export function pathOf({ api }: OpenaiSettings): string {
  return api === 'responses' ? '/responses' : '/chat/completions';
}

/** The address of one of the API's paths: the query of the base URL comes after it. */
export function endpointOf({ baseUrl, apiVersion }: OpenaiSettings, path: string): string {
  return baseUrl + path + (apiVersion === undefined ? '' : `?api-version=${encodeURIComponent(apiVersion)}`);
}

const { temperature, top_p, top_k, max_tokens, seed, stop } = modelOptions;
const optionsOf = {
  chat: z.strictObject({ temperature, top_p, max_tokens, seed, stop }),
  responses: z.strictObject({ temperature, top_p, max_tokens }),
  /** Chat completions of other models. */
  compatible: z.strictObject({ temperature, top_p, top_k, max_tokens, seed, stop }),
};

export type OpenaiOptions = z.infer<typeof optionsOf.compatible>;

/** What is really sent: the settings' options under those of the question. */
export function toOptions(
  settings: Pick<OpenaiSettings, 'vendor' | 'api' | 'isOpenai' | 'options'>,
  question: object,
): OpenaiOptions {
  const { api, isOpenai, options, vendor } = settings;
  const { name } = vendor;
  if (api === 'chat') return parseOptions(name, optionsOf[isOpenai ? 'chat' : 'compatible'], options, question);
  return parseOptions(`${name} with api: ${api}`, optionsOf.responses, options, question);
}

function parseApi({ name, apis }: CompatibleVendor, text: string = apis[0]): Api {
  const api = apis.find((one) => one === text);
  if (api !== undefined) return api;
  throw new OrchError('usage', `Expected \`api\` of ${name} to be ${apis.join(' or ')}, got \`${text}\`.`);
}

/** The version of Azure is all that may stand in the query: what else is handed over there is mostly a key. */
function parseEndpoint(
  name: string,
  text: string,
): { readonly baseUrl: string; readonly apiVersion: string | undefined } {
  if (!URL.canParse(text)) return { baseUrl: parseBaseUrl(name, text), apiVersion: undefined };
  const url = new URL(text);
  const { 'api-version': apiVersion, ...others } = Object.fromEntries(url.searchParams);
  if (Object.keys(others).length > 0) throw strayQuery(name, Object.keys(others));
  url.search = '';
  return { baseUrl: parseBaseUrl(name, url.href), apiVersion };
}

const authorizing = ['authorization', 'api-key'];

function toHeaders({ apiKey, headers = {} }: Settings): Record<string, string> {
  const given = Object.fromEntries(Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value]));
  if (apiKey === undefined || authorizing.some((header) => header in given)) return given;
  return { authorization: `Bearer ${apiKey}`, ...given };
}

function strayQuery(name: string, names: readonly string[]): OrchError {
  const message = `Expected the base URL of ${name} to have no query but \`api-version\`, got \`${names.join('`, `')}\`.`;
  return new OrchError('usage', message, { hint: 'What says who asks goes into `headers`.' });
}

function strayVersion(name: string, version: string): OrchError {
  return new OrchError('usage', `Expected no \`api_version\` for ${name}, got \`${version}\`.`, {
    hint: `Azure's stands in \`base_url\`: https://…?api-version=${version}.`,
  });
}
