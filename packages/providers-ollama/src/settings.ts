import { isIPv6 } from 'node:net';
import type { JsonObject } from '@orch/contracts';
import { isLoopback, modelOptions, parseBaseUrl, parseOptions, parseSettings, serviceOf } from '@orch/providers-core';
import type { ProviderEnvironment, Settings, SettingsInput } from '@orch/providers-core';
import { z } from 'zod';

export const name = 'ollama';

/** The environment variables that mean something to this provider. */
export const environment = {
  baseUrl: ['OLLAMA_BASE_URL', 'OLLAMA_HOST'],
} as const satisfies ProviderEnvironment;

const defaultUrl = 'http://127.0.0.1:11434';

/** Ollama's own default is small, and a longer prompt loses its beginning without a word: it is always sent. */
const defaultContext = 8192;

export type OllamaSettings = Settings & {
  readonly baseUrl: string;
  /** Whether anybody chose that base URL. */
  readonly isDefaultUrl: boolean;
  readonly isLocal: boolean;
  readonly service: string | undefined;
  /** Sent with every request; by lower-case name. */
  readonly headers: Readonly<Record<string, string>>;
};

export function toOllamaSettings(input: SettingsInput): OllamaSettings {
  const settings = parseSettings(name, input);
  const baseUrl = parseBaseUrl(name, settings.baseUrl === undefined ? defaultUrl : toUrl(settings.baseUrl));
  toOptions(settings.options, {});
  return {
    ...settings,
    baseUrl,
    isDefaultUrl: settings.baseUrl === undefined,
    isLocal: isLoopback(baseUrl),
    service: serviceOf(baseUrl),
    headers: headersOf(settings),
  };
}

/**
 * OLLAMA_HOST as `ollama` itself reads it: a URL, or a host, `:port`, `host:port`, each with a path or without. A host
 * without a scheme has the port 11434. 0.0.0.0 is where a server listens, not where a client calls.
 */
function toUrl(host: string): string {
  const isWhole = host.includes('://');
  const named = isIPv6(host) ? `[${host}]` : host.startsWith(':') ? `127.0.0.1${host}` : host;
  const url = isWhole ? host : `http://${named}`;
  if (!URL.canParse(url)) return url;
  const parsed = new URL(url);
  if (parsed.hostname === '0.0.0.0') parsed.hostname = '127.0.0.1';
  if (parsed.hostname === '[::]') parsed.hostname = '[::1]';
  if (!isWhole && parsed.port === '' && !/:80(\/|$)/.test(named)) parsed.port = '11434';
  return parsed.href;
}

/** A key is for a proxy in front. */
function headersOf({ apiKey, headers = {} }: Settings): Record<string, string> {
  const own = Object.entries(headers).map(([header, value]) => [header.toLowerCase(), value] as const);
  return { ...(apiKey !== undefined && { authorization: `Bearer ${apiKey}` }), ...Object.fromEntries(own) };
}

const schema = z.strictObject(modelOptions);

export type OllamaOptions = z.infer<typeof schema> & { readonly num_ctx: number };

/** What is really sent: the settings' options under those of the question, and a context size in any case. */
export function toOptions(settings: JsonObject, question: object): OllamaOptions {
  const options = parseOptions(name, schema, settings, question);
  return { ...options, num_ctx: options.num_ctx ?? defaultContext };
}
