import type { JsonObject, Plan, PlanStep, ProviderChoice, SubJob } from '@orch/contracts';
import type { Draft } from '../fields/draft.ts';
import type { ChosenProviders } from './choose-providers.ts';
import { serversOf } from './step-tools.ts';

type Compiled = { readonly steps: readonly PlanStep[]; readonly chosen: ChosenProviders };

/** Environment variables whose values a job and those it runs must hide. */
export function secretsOf({ secrets }: Pick<Draft, 'secrets'>, { steps, chosen }: Compiled): string[] {
  const providers = [...(chosen.main === undefined ? [] : [chosen.main]), ...Object.values(chosen.named)];
  const named = [...providers.map(({ headers }: ProviderChoice) => headers), ...steps.flatMap(mapsOf)];
  const inner = steps.flatMap((step) => subPlanOf(step)?.secrets ?? []);
  return [...new Set([...secrets, ...named.flatMap(secretsIn), ...inner])].sort();
}

/** Maps of texts and secrets that a step has: the environment of its command, and of the servers of its tools. */
function mapsOf({ kind, fields }: PlanStep): (object | undefined)[] {
  const servers = Object.values(serversOf(fields)).map((server) => ('url' in server ? server.headers : server.env));
  return kind === 'shell' || kind === 'gate'
    ? [fields['env'] as JsonObject | undefined]
    : kind === 'llm'
      ? servers
      : [];
}

function secretsIn(map: object = {}): string[] {
  return Object.values(map).flatMap((value: string | { readonly secret: string }) =>
    typeof value === 'string' ? [] : [value.secret],
  );
}

function subPlanOf({ kind, fields }: PlanStep): Plan | undefined {
  return kind === 'job' ? (fields['job'] as unknown as SubJob | undefined)?.plan : undefined;
}
