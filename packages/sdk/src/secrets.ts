import { OrchError } from '@orch/contracts';
import type { Hider, Plan, PlanStep, SubJob, ToolServer } from '@orch/contracts';
import { readJob } from '@orch/engine';
import { createHider, findSecrets } from '@orch/secrets';
import { withDotenv } from './environment.ts';
import type { Environment } from './environment.ts';

export type Secrets = {
  readonly hider: Hider;
  /** By the names of their variables. */
  readonly values: ReadonlyMap<string, string>;
};

/** The secrets of an environment: those that a job names, and those whose names say so. `usage` when a named one is not set, or too short. */
export function requireSecrets(env: Environment, names: readonly string[], plan?: Plan): Secrets {
  const found = findSecrets({ names, env, namedBy: (name) => (plan === undefined ? undefined : placeOf(name, plan)) });
  if (!found.ok) throw found.error;
  return { hider: createHider(found.value.values()), values: found.value };
}

/** What is given the secret: a header of a provider, a variable of a step or of a server of tools. */
function placeOf(name: string, { provider, providers = {}, steps }: Plan): string | undefined {
  const header = headerOf(name, [['provider', provider], ...under('providers', providers)]);
  return header ?? steps.map((step) => placeIn(step, name)).find((place) => place !== undefined);
}

function placeIn({ id, kind, fields }: PlanStep, name: string): string | undefined {
  const variable = keyOf(name, fields['env'] as Given);
  if (variable !== undefined) return `steps.${id}.env.${variable}`;
  if (kind === 'job') {
    const inner = placeOf(name, (fields['job'] as unknown as SubJob).plan);
    return inner === undefined ? undefined : `${inner} of the job of step ${id}`;
  }
  const { servers = {} } = (fields['tools'] ?? {}) as { readonly servers?: Readonly<Record<string, ToolServer>> };
  const started = Object.entries(servers).map(([server, where]) => {
    const own = 'url' in where ? undefined : keyOf(name, where.env);
    return own === undefined ? undefined : `mcp.${server}.env.${own}`;
  });
  const reached = under('mcp', servers).filter(([, where]) => 'url' in where) as readonly Headed[];
  return started.find((place) => place !== undefined) ?? headerOf(name, reached);
}

type Given = Readonly<Record<string, unknown>> | undefined;
type Headed = readonly [path: string, of: { readonly headers?: Given } | undefined];

const under = <T>(path: string, named: Readonly<Record<string, T>>) =>
  Object.entries(named).map(([name, one]) => [`${path}.${name}`, one] as const);

function headerOf(name: string, all: readonly Headed[]): string | undefined {
  const found = all
    .map(([path, of]) => [path, keyOf(name, of?.headers)] as const)
    .find(([, header]) => header !== undefined);
  return found === undefined ? undefined : `${found[0]}.headers.${found[1]}`;
}

/** Under what key a map of texts and secrets has this one. */
function keyOf(name: string, given: Given = {}): string | undefined {
  const found = Object.entries(given).find(([, value]) => (value as { secret?: unknown } | null)?.secret === name);
  return found?.[0];
}

/** The same for who only looks: what a job names and the environment has not needs no hiding here. */
export function knownSecrets(env: Environment, names: readonly string[] = []): Secrets {
  return requireSecrets(
    env,
    names.filter((name) => findSecrets({ names: [name], env }).ok),
  );
}

/** Where a run is looked at from; the process's own unless given. */
export type Onlooker = { readonly cwd?: string | undefined; readonly env?: Environment | undefined };

/** Those of an environment whose names say so. */
export function secretsAround({ cwd = process.cwd(), env = process.env }: Onlooker = {}): Secrets {
  return knownSecrets(withDotenv(env, cwd));
}

/** Takes out the secrets of this environment, those that the job of the run names among them. */
export async function hiderOfRun(
  dir: string,
  { cwd = process.cwd(), env = process.env }: Onlooker = {},
): Promise<Hider> {
  return knownSecrets(withDotenv(env, cwd), await namedBy(dir)).hider;
}

async function namedBy(dir: string): Promise<readonly string[]> {
  try {
    return (await readJob(dir)).plan.secrets ?? [];
  } catch (error) {
    // A run that never began, or whose parts are gone: who does something with it is told that.
    if (OrchError.is(error)) return [];
    throw error;
  }
}
