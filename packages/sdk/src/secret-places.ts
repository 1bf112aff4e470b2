import type { Plan, PlanStep, SubJob, ToolServer } from '@orch/contracts';

/** Where a plan hands over the value of a variable: a header, or a variable of a step or of a server of tools. */
export type SecretPlace = { readonly name: string; readonly path: string; readonly isHeader: boolean };

export function secretPlaces({ provider, providers = {}, steps }: Plan): SecretPlace[] {
  const named = Object.entries(providers).flatMap(([name, { headers }]) => inHeaders(`providers.${name}`, headers));
  return [...inHeaders('provider', provider?.headers), ...named, ...steps.flatMap(placesIn)];
}

function placesIn({ id, kind, fields }: PlanStep): SecretPlace[] {
  if (kind === 'job') {
    const inner = secretPlaces((fields['job'] as unknown as SubJob).plan);
    return inner.map((place) => ({ ...place, path: `${place.path} of the job of step ${id}` }));
  }
  const { servers = {} } = (fields['tools'] ?? {}) as { readonly servers?: Readonly<Record<string, ToolServer>> };
  const ofServers = Object.entries(servers).flatMap(([server, where]) =>
    'url' in where ? inHeaders(`mcp.${server}`, where.headers) : inEnvironment(`mcp.${server}`, where.env),
  );
  return [...inEnvironment(`steps.${id}`, fields['env'] as Given), ...ofServers];
}

type Given = Readonly<Record<string, unknown>> | undefined;

/** Of a provider, or a server of tools, that goes by this path. */
export const inHeaders = (of: string, headers: Given): SecretPlace[] =>
  secretsIn(headers).map(([key, name]) => ({ name, path: `${of}.headers.${key}`, isHeader: true }));

const inEnvironment = (of: string, env: Given): SecretPlace[] =>
  secretsIn(env).map(([key, name]) => ({ name, path: `${of}.env.${key}`, isHeader: false }));

/** The secrets of a map of texts and secrets, by their keys. */
function secretsIn(given: Given = {}): (readonly [key: string, name: string])[] {
  return Object.entries(given).flatMap(([key, value]) => {
    const { secret } = (value ?? {}) as { readonly secret?: unknown };
    return typeof secret === 'string' ? [[key, secret] as const] : [];
  });
}
