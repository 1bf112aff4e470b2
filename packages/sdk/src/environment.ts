import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { OrchError } from '@orch/contracts';
import type { ProviderSettings } from '@orch/contracts';

export type Environment = Readonly<Record<string, string | undefined>>;

/** The given environment, over what `.env` in `cwd` sets. */
export function withDotenv(env: Environment, cwd: string): Environment {
  const file = join(cwd, '.env');
  return existsSync(file) ? { ...parseEnv(readFileSync(file, 'utf8')), ...env } : env;
}

/** The variable's text; an empty one counts as not set. */
export function readText(env: Environment, names: readonly string[]): string | undefined {
  const name = nameOfText(env, names);
  return name === undefined ? undefined : env[name];
}

/** Which of the variables is set. */
export function nameOfText(env: Environment, names: readonly string[]): string | undefined {
  return names.find((name) => env[name]);
}

/** How every provider waits, retries and breaks off, unless the environment says otherwise. */
export function readPolicy(env: Environment): Pick<ProviderSettings, 'timeoutMs' | 'maxRetries' | 'breaker'> {
  return {
    timeoutMs: readNumber(env, { name: 'PROVIDER_TIMEOUT_S', byDefault: 60, min: 0.001 }) * 1000,
    maxRetries: readNumber(env, { name: 'PROVIDER_MAX_RETRIES', byDefault: 3, whole: true, min: 0 }),
    breaker: {
      threshold: readNumber(env, { name: 'PROVIDER_CB_THRESHOLD', byDefault: 5, whole: true, min: 1 }),
      cooldownMs: readNumber(env, { name: 'PROVIDER_CB_COOLDOWN_S', byDefault: 30, min: 0 }) * 1000,
    },
  };
}

/** The folder of all runs, absolute: as asked, else `ORCH_RUNS_DIR`, else `runs`; relative ones count from `cwd`. */
export function runsFolder(asked: string | undefined, { env, cwd }: { env: Environment; cwd: string }): string {
  return resolve(cwd, asked ?? readText(withDotenv(env, cwd), ['ORCH_RUNS_DIR']) ?? 'runs');
}

/** How many steps and items run at once where the job does not say. */
export function readConcurrency(env: Environment): number {
  return readNumber(env, { name: 'CONCURRENCY', byDefault: 4, whole: true, min: 1, max: 1024 });
}

type NumberRule = {
  readonly name: string;
  readonly byDefault: number;
  readonly min: number;
  readonly max?: number;
  readonly whole?: boolean;
};

function readNumber(env: Environment, { name, byDefault, min, max = Infinity, whole = false }: NumberRule): number {
  const text = env[name]?.trim();
  if (text === undefined || text === '') return byDefault;
  const value = Number(text);
  if (Number.isFinite(value) && value >= min && value <= max && (!whole || Number.isInteger(value))) return value;
  const range = max === Infinity ? `of at least ${min}` : `from ${min} to ${max}`;
  throw new OrchError('usage', `Expected ${name} to be a ${whole ? 'whole ' : ''}number ${range}, got \`${text}\`.`, {
    hint: `Set it right in the environment or in .env, or unset it: the default is ${byDefault}.`,
  });
}
