import type { ErrorCode } from '@orch/contracts';
import type { ProviderEnvironment, SettingsInput } from '@orch/providers-core';
import type { CompatibleVendor } from '@orch/providers-openai';

/** The environment variables that mean something to this provider. */
export const environment = {
  baseUrl: ['MLX_BASE_URL'],
} as const satisfies ProviderEnvironment;

/**
 * `mlx_lm.server` (https://github.com/ml-explore/mlx-lm/blob/main/mlx_lm/SERVER.md): OpenAI's chat completions, without
 * a key and without images. A schema is sent all the same, for servers that hold to one: this one does not.
 */
export const mlx: CompatibleVendor = {
  name: 'mlx',
  environment,
  baseUrl: 'http://127.0.0.1:8080/v1',
  can: { schema: false, tools: true, images: false },
  apis: ['chat'],
  hint,
};

/** The server's own is 512, which cuts most answers. */
const maxTokens = 4096;

/** Options that are sent in any case. */
export function withDefaults(settings: SettingsInput): SettingsInput {
  return { ...settings, options: { max_tokens: maxTokens, ...settings.options } };
}

function hint(code: ErrorCode, model: string | undefined): string | undefined {
  if (code === 'model_missing')
    return `Fetch it with \`hf download ${model ?? 'MODEL'}\`: the server loads what is there.`;
  if (code !== 'network' && code !== 'timeout') return undefined;
  return `Start it with \`mlx_lm.server --model ${model ?? 'MODEL'}\`, or set ${environment.baseUrl[0]} to where it runs.`;
}
