import { OrchError } from '@orch/contracts';
import type { ModelInfo, Provider, ProviderContext } from '@orch/contracts';

type Found = Awaited<ReturnType<Provider['check']>>;

/** Whether the server is there and has the model. Without one: the only model that it has. */
export async function check(server: Provider, model: string | undefined, context: ProviderContext): Promise<Found> {
  if (model !== undefined) return server.check(model, context);
  const models = (await server.models?.(context)) ?? [];
  const [only, ...others] = models;
  if (only === undefined || others.length > 0) throw notOne(models);
  return { model: only.id };
}

function notOne(models: readonly ModelInfo[]): OrchError {
  const has = models.length === 0 ? 'none' : models.map(({ id }) => id).join(', ');
  return new OrchError('unconfigured', `Expected to be told which model of mlx shall answer, it has ${has}.`, {
    hint: 'Name it: `--provider mlx:MODEL`, or set PROVIDER_MODEL.',
  });
}
