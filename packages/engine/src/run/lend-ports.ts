import { canonicalJson } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { Plan, Provider, ProviderChoice } from '@orch/contracts';
import type { EnginePorts } from '../ports.ts';
import type { ChildRun } from './run-context.ts';

/**
 * The ports of a run for one that a step of it begins. Where that names who answers, they are found by what it says and
 * where it stands, else among those of its parent. Rejects with `unconfigured` for one that nobody has.
 */
export async function lendPorts<P extends EnginePorts>(
  ports: P,
  from: Plan,
  { job: { plan, jobDir }, asksAsParent }: Pick<ChildRun, 'job' | 'asksAsParent'>,
): Promise<P> {
  const find = async (choice: ProviderChoice): Promise<Provider | undefined> =>
    (await ports.findProvider?.(choice, jobDir)) ?? ownProvider(ports, from, choice);
  const providers = new Map<string, Provider>();
  for (const [name, choice] of Object.entries(plan.providers ?? {})) {
    const provider = await find(choice);
    if (provider !== undefined) providers.set(name, provider);
  }
  const provider = asksAsParent ? ports.provider : plan.provider && (await find(plan.provider));
  return { ...ports, provider, providers };
}

function ownProvider(ports: EnginePorts, plan: Plan, choice: ProviderChoice): Provider | undefined {
  const wanted = canonicalJson(choice);
  if (plan.provider !== undefined && canonicalJson(plan.provider) === wanted) return ports.provider;
  const name = Object.entries(plan.providers ?? {}).find(([, other]) => canonicalJson(other) === wanted)?.[0];
  if (name !== undefined) return ports.providers?.get(name);
  throw new OrchError('unconfigured', `Expected ${nameOf(choice)} among the providers of the job that begins it.`, {
    hint: 'Name it under `providers` there as well.',
  });
}

function nameOf({ name, model }: ProviderChoice): string {
  return model === undefined ? name : `${name}:${model}`;
}
