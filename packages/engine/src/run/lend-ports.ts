import { canonicalJson } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { Plan, Provider, ProviderChoice } from '@orch/contracts';
import type { EnginePorts } from '../ports.ts';

/**
 * The ports of a run for one that a step of it begins: who answers there is one who answers here, found by what both
 * plans state. Throws `unconfigured` for one that the parent does not have.
 */
export function lendPorts<P extends EnginePorts>(ports: P, from: Plan, to: Plan): P {
  const lend = (choice: ProviderChoice): Provider | undefined => findProvider(ports, from, choice);
  const named = Object.entries(to.providers ?? {}).flatMap(([name, choice]) => {
    const provider = lend(choice);
    return provider === undefined ? [] : [[name, provider] as const];
  });
  return { ...ports, provider: to.provider && lend(to.provider), providers: new Map(named) };
}

function findProvider(ports: EnginePorts, plan: Plan, choice: ProviderChoice): Provider | undefined {
  const wanted = canonicalJson(choice);
  if (plan.provider !== undefined && canonicalJson(plan.provider) === wanted) return ports.provider;
  const name = Object.entries(plan.providers ?? {}).find(([, other]) => canonicalJson(other) === wanted)?.[0];
  if (name !== undefined) return ports.providers?.get(name);
  const other = ports.findProvider?.(choice);
  if (other !== undefined) return other;
  throw new OrchError('unconfigured', `Expected ${nameOf(choice)} among the providers of the job that begins it.`, {
    hint: 'Name it under `providers` there as well.',
  });
}

function nameOf({ name, model }: ProviderChoice): string {
  return model === undefined ? name : `${name}:${model}`;
}
