import type { FinishReason, Provider, ProviderSettings, ToolCall } from '@orch/contracts';
import type { FakeClock } from './fake-clock.ts';
import type { Seen } from './serve.ts';

/** An answer that a vendor's server shall give. */
export type Said = {
  /** One piece of the stream each, at least. */
  readonly texts?: readonly string[];
  readonly calls?: readonly ToolCall[];
  /** Left out, the server does not count. */
  readonly usage?: { readonly tokensIn: number; readonly tokensOut: number };
  /** In the vendor's own words. Left out, it is the usual end of an answer, with or without calls. */
  readonly finish?: string;
};

/** What `providerConformance` has to be told of a vendor: how its server talks. */
export type FakeVendor = {
  readonly create: (
    settings: Partial<ProviderSettings>,
    deps: { readonly clock: FakeClock; readonly random: () => number },
  ) => Provider;
  /** Of a streamed answer. */
  readonly contentType: string;
  /** The answer as its server streams it: its first pieces say one of the texts each, the last ones end it. */
  stream(said: Said): readonly string[];
  /** The body of an error. */
  error(message: string): string;
  /** The body of the 404 for a model that is not there. */
  missing(model: string): string;
  /** What the server answers that has these models, asked for one or all of them; undefined for what it does not have. */
  about(models: readonly string[], asked: Seen): string | undefined;
  /** Its words for the end of an answer. */
  readonly finishes: readonly (readonly [string, FinishReason])[];
  /** Whether its calls carry ids. */
  readonly namesCalls: boolean;
};
