import type { Capabilities } from '@orch/contracts';
import type { ProviderEnvironment } from '@orch/providers-core';

/** Which of OpenAI's interfaces is spoken: chat completions, which everybody has, or Responses. */
export type Api = 'chat' | 'responses';

/** Somebody who speaks as OpenAI does, and is a provider of its own name: what is different about it. */
export type CompatibleVendor = {
  readonly name: string;
  readonly environment: ProviderEnvironment & { readonly baseUrl: readonly [string, ...string[]] };
  /** Where it is unless settings say otherwise. */
  readonly baseUrl: string;
  readonly can: Pick<Capabilities, 'schema' | 'tools' | 'images'>;
  /** The usual one first. */
  readonly apis: readonly [Api, ...Api[]];
  /** What to do about a model that is not there, and a server, where there is more to say than about all of them. */
  readonly hints?: Readonly<Record<'modelMissing' | 'unreachable', (model: string | undefined) => string>>;
};

/** The environment variables that mean something to OpenAI. */
export const environment = {
  baseUrl: ['OPENAI_BASE_URL'],
  apiKey: ['OPENAI_API_KEY'],
} as const satisfies ProviderEnvironment;

export const openai: CompatibleVendor = {
  name: 'openai',
  environment,
  baseUrl: 'https://api.openai.com/v1',
  can: { schema: true, tools: true, images: true },
  apis: ['chat', 'responses'],
};
