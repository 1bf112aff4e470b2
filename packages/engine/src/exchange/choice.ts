import type { Provider, ProviderChoice } from '@orch/contracts';
import type { RunContext, RunFacts } from '../run/run-context.ts';

/** A key of the plan's `providers`; the plan's `provider` unless given. */
type Names = { readonly provider?: string | undefined };

/** Whom a step asks, as the plan states it. */
export function choiceOf({ job }: Pick<RunFacts, 'job'>, { provider }: Names): ProviderChoice | undefined {
  return provider === undefined ? job.plan.provider : job.plan.providers?.[provider];
}

/** Who answers a step. */
export function providerOf(run: Pick<RunContext, 'provider' | 'providers'>, { provider }: Names): Provider | undefined {
  return provider === undefined ? run.provider : run.providers.get(provider);
}
