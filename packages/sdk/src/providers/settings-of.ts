import { OrchError } from '@orch/contracts';
import type { Provider, ProviderChoice, ProviderLimits, ProviderResilience, ProviderSettings } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { nameOfText, readPolicy } from '../environment.ts';
import type { Environment } from '../environment.ts';
import { namedSecrets } from '../named-secrets.ts';
import { inHeaders } from '../secret-places.ts';
import type { Vendor } from './vendors.ts';

/** What the environment says where the choice does not, and in which variable. */
type FromEnvironment = { readonly [setting in keyof Vendor['environment']]?: { variable: string; value: string } };

/**
 * The settings of a provider: what the choice says, over what the environment does. Throws `usage` for a secret that
 * is not set, or cannot be sent; it names the header. `key`: what the job calls the choice.
 */
export function settingsOf(
  choice: ProviderChoice,
  { environment }: Pick<Vendor, 'environment'>,
  { env, key }: { readonly env: Environment; readonly key?: string | undefined },
): SettingsInput {
  const { base_url: baseUrl, api_version: apiVersion, api, options = {}, limits = {}, resilience = {} } = choice;
  const set = fromEnvironment(choice, environment, env);
  const found = Object.fromEntries(Object.entries(set).map(([setting, { value }]) => [setting, value]));
  return {
    ...policyOf(resilience, readPolicy(env)),
    options,
    limits: limitsOf(limits),
    ...found,
    ...(baseUrl !== undefined && { baseUrl }),
    ...(apiVersion !== undefined && { apiVersion }),
    ...(api !== undefined && { api }),
    ...(choice.headers !== undefined && { headers: headersOf(choice.headers, { env, key }) }),
  };
}

/** Makes the provider; a bad value that stands in the environment is told by the name of its variable. */
export function createWith(
  vendor: Pick<Vendor, 'environment'> & { readonly create: (settings: SettingsInput) => Provider },
  choice: ProviderChoice,
  around: { readonly env: Environment; readonly key?: string | undefined },
): Provider {
  const settings = settingsOf(choice, vendor, around);
  try {
    return vendor.create(settings);
  } catch (error) {
    if (!OrchError.is(error) || error.code !== 'usage') throw error;
    for (const [setting, { variable, value }] of Object.entries(
      fromEnvironment(choice, vendor.environment, around.env),
    )) {
      const own = faultOf(() => vendor.create({ [setting]: value }));
      if (own !== undefined) throw badVariable(variable, own);
    }
    throw error;
  }
}

function fromEnvironment(
  { base_url: baseUrl, api_version: apiVersion }: ProviderChoice,
  environment: Vendor['environment'],
  env: Environment,
): FromEnvironment {
  const written: { readonly [setting: string]: unknown } = { baseUrl, apiVersion };
  const settings = Object.entries(environment).flatMap(([setting, names]) => {
    const variable = written[setting] === undefined ? nameOfText(env, names) : undefined;
    return variable === undefined ? [] : [[setting, { variable, value: env[variable]! }] as const];
  });
  return Object.fromEntries(settings);
}

function faultOf(create: () => Provider): OrchError | undefined {
  try {
    create();
    return undefined;
  } catch (error) {
    if (OrchError.is(error)) return error;
    throw error;
  }
}

function badVariable(variable: string, { code, message, hint }: OrchError): OrchError {
  const advice = hint ?? 'Set it right in the environment or in .env, or unset it.';
  return new OrchError(code, `${variable}: ${message}`, { hint: advice });
}

type Policy = Pick<ProviderSettings, 'timeoutMs' | 'maxRetries' | 'breaker'>;

/** Seconds of the job, over what the environment says for all providers. */
function policyOf(
  { connect_s: connect, first_byte_s, between_chunks_s, total_s, retries, breaker = {} }: ProviderResilience,
  policy: Policy,
) {
  const { threshold = policy.breaker.threshold, cooldown_s: cooldown } = breaker;
  return {
    ...policy,
    breaker: { threshold, cooldownMs: cooldown === undefined ? policy.breaker.cooldownMs : cooldown * 1000 },
    ...(connect !== undefined && { connectMs: connect * 1000 }),
    resilience: {
      ...(first_byte_s !== undefined && { firstByteMs: first_byte_s * 1000 }),
      ...(between_chunks_s !== undefined && { betweenChunksMs: between_chunks_s * 1000 }),
      ...(total_s !== undefined && { totalMs: total_s * 1000 }),
      ...(retries !== undefined && { maxRetries: retries }),
    },
  };
}

function limitsOf({
  requests_per_minute,
  tokens_per_minute,
  max_parallel,
}: ProviderLimits): ProviderSettings['limits'] {
  return {
    ...(requests_per_minute !== undefined && { requestsPerMinute: requests_per_minute }),
    ...(tokens_per_minute !== undefined && { tokensPerMinute: tokens_per_minute }),
    ...(max_parallel !== undefined && { maxParallel: max_parallel }),
  };
}

type Headers = NonNullable<ProviderChoice['headers']>;

function headersOf(
  headers: Headers,
  { env, key }: { readonly env: Environment; readonly key?: string | undefined },
): Readonly<Record<string, string>> {
  const of = key === undefined ? 'provider' : `providers.${key}`;
  const places = inHeaders(of, headers);
  const found = namedSecrets(
    places.map(({ name }) => name),
    { env, places },
  );
  const entries = Object.entries(headers).map(([header, value]) => {
    return [header, typeof value === 'string' ? value : (found.get(value.secret) ?? '')] as const;
  });
  return Object.fromEntries(entries);
}
