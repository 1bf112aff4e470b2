import { OrchError } from '@orch/contracts';
import type { CheckedModel, ModelInfo, Provider, ProviderContext } from '@orch/contracts';

/** Whether the server is there and has the model. Without one: the only model that it has. */
export async function check(
  server: Provider,
  model: string | undefined,
  context: ProviderContext,
): Promise<CheckedModel> {
  if (model !== undefined) return server.check(model, context);
  const models = (await server.models?.(context)) ?? [];
  const [only, ...others] = models;
  if (only === undefined) throw none();
  if (others.length > 0) throw several(models);
  return { model: only.id };
}

function none(): OrchError {
  return new OrchError('model_missing', 'Expected mlx to have a model, none was downloaded.', {
    hint: 'Fetch one, such as `hf download mlx-community/Qwen2.5-7B-Instruct-4bit`, and name it.',
  });
}

function several(models: readonly ModelInfo[]): OrchError {
  const has = models.map(({ id }) => id).join(', ');
  return new OrchError('unconfigured', `Expected to be told which model of mlx shall answer, it has ${has}.`, {
    hint: 'Name it: `--provider mlx:MODEL`, or set PROVIDER_MODEL.',
  });
}
