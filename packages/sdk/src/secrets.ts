import { OrchError } from '@orch/contracts';
import type { Hider, JsonObject, PlanStep, SubJob } from '@orch/contracts';
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
export function requireSecrets(env: Environment, names: readonly string[], steps: readonly PlanStep[] = []): Secrets {
  const found = findSecrets({ names, env, namedBy: (name) => placeOf(name, steps) });
  if (!found.ok) throw found.error;
  return { hider: createHider(found.value.values()), values: found.value };
}

/** The variable of a step, or of one of a job that it runs, that is given the secret. */
function placeOf(name: string, steps: readonly PlanStep[]): string | undefined {
  for (const { id, kind, fields } of steps) {
    const given = Object.entries((fields['env'] ?? {}) as JsonObject);
    const found = given.find(([, value]) => (value as { readonly secret?: unknown } | null)?.secret === name);
    if (found !== undefined) return `steps.${id}.env.${found[0]}`;
    const inner = kind === 'job' ? placeOf(name, (fields['job'] as unknown as SubJob).plan.steps) : undefined;
    if (inner !== undefined) return `${inner} of the job of step ${id}`;
  }
  return undefined;
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
