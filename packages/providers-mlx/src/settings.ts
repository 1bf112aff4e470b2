import type { ProviderEnvironment, SettingsInput } from '@orch/providers-core';
import type { CompatibleVendor } from '@orch/providers-openai';

/** The environment variables that mean something to this provider. */
export const environment = {
  baseUrl: ['MLX_BASE_URL'],
} as const satisfies ProviderEnvironment;

/**
 * `mlx_lm.server` (https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/SERVER.md): OpenAI's chat completions, without
 * a key and without images. It holds no answer to a schema.
 */
export const mlx: CompatibleVendor = {
  name: 'mlx',
  environment,
  baseUrl: 'http://127.0.0.1:8080/v1',
  can: { schema: false, tools: true, images: false },
  apis: ['chat'],
  hints: {
    modelMissing: (model = 'MODEL') => `Fetch it with \`hf download ${model}\`: the server loads what is there.`,
    unreachable: (model = 'MODEL') =>
      `Start it with \`mlx_lm.server --model ${model}\`, or set \`base_url\` (or ${environment.baseUrl[0]}) to where it runs.`,
  },
};

/** The server's own is 512, which cuts most answers. */
const maxTokens = 4096;

/** Options that are sent in any case. */
export function withDefaults(settings: SettingsInput): SettingsInput {
  return { ...settings, options: { max_tokens: maxTokens, ...settings.options } };
}
