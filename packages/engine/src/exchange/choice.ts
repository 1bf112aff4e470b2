import type { Provider, ProviderChoice } from '@orch/contracts';
import type { RunContext, RunFacts } from '../run/run-context.ts';

/** A key of the plan's `providers`; the plan's `provider` unless given. */
type Names = { readonly provider?: string | undefined };

/** Whom a step asks, as the plan states it. */
export function choiceOf({ job }: Pick<RunFacts, 'job'>, { provider }: Names): ProviderChoice | undefined {
  return provider === undefined ? job.plan.provider : job.plan.providers?.[provider];
}

/** What of it may change an answer: when and how often somebody is asked is none of that. */
export function askedOf(run: Pick<RunFacts, 'job'>, names: Names): ProviderChoice | undefined {
  const choice = choiceOf(run, names);
  if (choice === undefined) return undefined;
  const { limits: _, resilience: __, ...asked } = choice;
  return asked;
}

/** Who answers a step. */
export function providerOf(run: Pick<RunContext, 'provider' | 'providers'>, { provider }: Names): Provider | undefined {
  return provider === undefined ? run.provider : run.providers.get(provider);
}
