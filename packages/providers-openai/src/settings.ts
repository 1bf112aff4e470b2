import type { JsonObject } from '@orch/contracts';
import { isLoopback, modelOptions, parseBaseUrl, parseOptions, parseSettings, serviceOf } from '@orch/providers-core';
import type { ProviderEnvironment, Settings, SettingsInput } from '@orch/providers-core';
import { z } from 'zod';

export const name = 'openai';

/** The environment variables that mean something to this provider. */
export const environment = {
  baseUrl: ['OPENAI_BASE_URL'],
  apiKey: ['OPENAI_API_KEY'],
} as const satisfies ProviderEnvironment;

const vendorUrl = 'https://api.openai.com/v1';

export type OpenaiSettings = Settings & {
  readonly baseUrl: string;
  /** Whether that is OpenAI itself, which wants a key and a model by name. */
  readonly isVendor: boolean;
  readonly isLocal: boolean;
  readonly service: string | undefined;
  /** What carries the key, when there is one. */
  readonly headers: Readonly<Record<string, string>>;
};

export function toOpenaiSettings(input: SettingsInput): OpenaiSettings {
  const settings = parseSettings(name, input);
  const baseUrl = parseBaseUrl(name, settings.baseUrl ?? vendorUrl);
  toOptions(settings.options, {});
  return {
    ...settings,
    baseUrl,
    isVendor: baseUrl === vendorUrl,
    isLocal: isLoopback(baseUrl),
    service: serviceOf(baseUrl, vendorUrl),
    headers: settings.apiKey === undefined ? {} : { authorization: `Bearer ${settings.apiKey}` },
  };
}

const { temperature, top_p, max_tokens, seed, stop } = modelOptions;
const schema = z.strictObject({ temperature, top_p, max_tokens, seed, stop });

export type OpenaiOptions = z.infer<typeof schema>;

/** What is really sent: the settings' options under those of the question. */
export function toOptions(settings: JsonObject, question: object): OpenaiOptions {
  return parseOptions(name, schema, settings, question);
}
