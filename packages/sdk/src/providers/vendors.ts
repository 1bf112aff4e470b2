import type { Clock, Provider } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';

/** What a vendor's package is given. */
type VendorContext = {
  readonly settings: SettingsInput;
  readonly clock: Clock;
  /** Takes secrets out of errors before they are cut. */
  readonly hide: (text: string) => string;
  /** Absolute folder of recordings, beside the job. */
  readonly recordings: string;
};

export type Vendor = {
  readonly create: (context: VendorContext) => Provider;
  /** The environment variables that it understands; the first one that is set wins. */
  readonly environment: {
    readonly baseUrl?: readonly string[];
    readonly apiKey?: readonly string[];
    readonly apiVersion?: readonly string[];
  };
  /** Said once when it answers, where a person might think otherwise. */
  readonly note?: string;
};

/** Every provider there is. Its code is loaded when it is chosen. */
export const vendors: Readonly<Record<string, () => Promise<Vendor>>> = {
  async ollama() {
    const { createOllama, environment } = await import('@orch/providers-ollama');
    return { create: ({ settings, ...deps }) => createOllama(settings, deps), environment };
  },
  async openai() {
    const { createOpenai, environment } = await import('@orch/providers-openai');
    return { create: ({ settings, ...deps }) => createOpenai(settings, deps), environment };
  },
  async anthropic() {
    const { createAnthropic, environment } = await import('@orch/providers-anthropic');
    return { create: ({ settings, ...deps }) => createAnthropic(settings, deps), environment };
  },
  async mlx() {
    const { createMlx, environment } = await import('@orch/providers-mlx');
    return { create: ({ settings, ...deps }) => createMlx(settings, deps), environment };
  },
  async replay() {
    const { createReplay } = await import('@orch/providers-replay');
    const note = 'replay: recorded replies, no model was called';
    return { create: ({ recordings }) => createReplay({ dir: recordings }), environment: {}, note };
  },
  async echo() {
    const { createEcho } = await import('@orch/providers-echo');
    const note = 'echo: made-up replies, no model was called';
    return { create: () => createEcho(), environment: {}, note };
  },
};
