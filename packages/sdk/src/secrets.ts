import { OrchError } from '@orch/contracts';
import type { Hider } from '@orch/contracts';
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
export function requireSecrets(env: Environment, names: readonly string[]): Secrets {
  const found = findSecrets({ names, env });
  if (!found.ok) throw found.error;
  return { hider: createHider(found.value.values()), values: found.value };
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
