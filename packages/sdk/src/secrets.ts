import { OrchError } from '@orch/contracts';
import type { Hider, Plan } from '@orch/contracts';
import { readJob } from '@orch/engine';
import { createHider, findSecrets } from '@orch/secrets';
import { withDotenv } from './environment.ts';
import type { Environment } from './environment.ts';
import { namedSecrets } from './named-secrets.ts';
import { secretPlaces } from './secret-places.ts';

/** What is secret around a job: what the environment holds under names that say so, and all that the job names. */
export class Secrets {
  readonly #env: Environment;
  readonly #tell: (hider: Hider) => void;
  readonly #names = new Set<string>();
  #values: ReadonlyMap<string, string>;
  #hider: Hider;

  /** `tell` is told at once, and whenever there is more to hide. */
  constructor(env: Environment, tell: (hider: Hider) => void = () => undefined) {
    this.#env = env;
    this.#tell = tell;
    this.#values = namedSecrets([], { env });
    this.#hider = createHider(this.#values.values());
    tell(this.#hider);
  }

  get hider(): Hider {
    return this.#hider;
  }

  /** By the names of their variables. */
  get values(): ReadonlyMap<string, string> {
    return this.#values;
  }

  /** From now on these are hidden as well; what the environment has not needs no hiding. */
  learn(names: readonly string[] = []): this {
    const env = this.#env;
    for (const name of names) if (findSecrets({ names: [name], env }).ok) this.#names.add(name);
    const known = this.#values.size;
    this.#values = namedSecrets([...this.#names], { env });
    if (this.#values.size === known) return this;
    this.#hider = createHider(this.#values.values());
    this.#tell(this.#hider);
    return this;
  }

  /** Those that a plan hands over or names. Throws `usage` for one that is not there, or cannot be used as it is. */
  require(plan: Plan): ReadonlyMap<string, string> {
    const names = plan.secrets ?? [];
    const all = namedSecrets(names, { env: this.#env, places: secretPlaces(plan) });
    this.learn(names);
    return new Map(names.map((name) => [name, all.get(name) ?? '']));
  }
}

/** Where a run is looked at from; the process's own unless given. */
export type Onlooker = { readonly cwd?: string | undefined; readonly env?: Environment | undefined };

/** Takes out the secrets of this environment, those that the job of the run names among them. */
export async function hiderOfRun(
  dir: string,
  { cwd = process.cwd(), env = process.env }: Onlooker = {},
): Promise<Hider> {
  return new Secrets(withDotenv(env, cwd)).learn(await namedBy(dir)).hider;
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
