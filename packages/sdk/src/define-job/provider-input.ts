import type { ModelOptions } from './kind-options.ts';

/** Seconds, and further tries after the first. */
export type Waits = {
  readonly firstByteS?: number | undefined;
  readonly betweenChunksS?: number | undefined;
  readonly totalS?: number | undefined;
  readonly retries?: number | undefined;
};

type Named = { readonly [name: string]: string | { readonly secret: string } };

/** `name`, `name:model`, or the parts by name. */
export type ProviderInput =
  | string
  | {
      readonly name: string;
      readonly model?: string | undefined;
      readonly baseUrl?: string | undefined;
      readonly options?: ModelOptions | undefined;
      readonly limits?:
        | {
            readonly requestsPerMinute?: number | undefined;
            readonly tokensPerMinute?: number | undefined;
            /** Requests at once. */
            readonly maxParallel?: number | undefined;
          }
        | undefined;
      readonly resilience?:
        | (Waits & {
            readonly connectS?: number | undefined;
            readonly breaker?:
              { readonly threshold?: number | undefined; readonly cooldownS?: number | undefined } | undefined;
          })
        | undefined;
      readonly headers?: Named | undefined;
      /** Of openai. */
      readonly api?: 'chat' | 'responses' | undefined;
      /** Of anthropic. */
      readonly apiVersion?: string | undefined;
    };

/** A server of tools (MCP): a program that is started, or an address. */
export type ToolServerInput =
  | {
      readonly command: string;
      readonly args?: readonly string[] | undefined;
      readonly env?: Named | undefined;
      readonly cwd?: string | undefined;
    }
  | { readonly url: string; readonly headers?: Named | undefined };
