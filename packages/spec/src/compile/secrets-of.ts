import type { JsonObject, Plan, PlanStep, SubJob, ToolServer } from '@orch/contracts';
import type { Draft } from '../fields/draft.ts';
import type { CheckedJob } from './check-job.ts';
import type { ChosenProviders } from './choose-providers.ts';
import { serversOf } from './step-tools.ts';

type Compiled = { readonly steps: readonly PlanStep[]; readonly chosen: ChosenProviders };

/** Environment variables whose values a job and those it runs must hide. */
export function secretsOf({ secrets }: Pick<Draft, 'secrets'>, { steps, chosen }: Compiled): string[] {
  const providers = [...(chosen.main === undefined ? [] : [chosen.main]), ...Object.values(chosen.named)];
  const servers = steps.filter(({ kind }) => kind === 'llm').flatMap(({ fields }) => Object.values(serversOf(fields)));
  const maps = [...providers.map(({ headers }) => headers), ...servers.map(mapOf), ...steps.map(environmentOf)];
  const inner = steps.flatMap((step) => subPlanOf(step)?.secrets ?? []);
  return [...new Set([...secrets, ...maps.flatMap(secretsIn), ...inner])].sort();
}

/** All that a job and those it runs name, whoever answers and whatever their steps use: known before anybody is asked. */
export function secretsNamedBy({ draft, jobs }: Pick<CheckedJob, 'draft' | 'jobs'>): string[] {
  const { secrets, provider, providers, mcp, steps } = draft;
  const choices = [provider, ...Object.values(providers), ...steps.map((step) => step.provider?.choice)];
  const maps = [...choices.map((one) => one?.headers), ...Object.values(mcp).map(mapOf), ...steps.map(environmentOf)];
  const inner = [...jobs.values()].flatMap(({ job }) => secretsNamedBy(job));
  return [...new Set([...secrets, ...maps.flatMap(secretsIn), ...inner])];
}

function mapOf(server: ToolServer): object | undefined {
  return 'url' in server ? server.headers : server.env;
}

function environmentOf({ kind, fields }: { readonly kind?: string | undefined; readonly fields: JsonObject }) {
  return kind === 'shell' || kind === 'gate' ? (fields['env'] as JsonObject | undefined) : undefined;
}

function secretsIn(map: object = {}): string[] {
  return Object.values(map).flatMap((value: string | { readonly secret: string }) =>
    typeof value === 'string' ? [] : [value.secret],
  );
}

function subPlanOf({ kind, fields }: PlanStep): Plan | undefined {
  return kind === 'job' ? (fields['job'] as unknown as SubJob | undefined)?.plan : undefined;
}
