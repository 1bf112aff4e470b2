import { OrchError } from '@orch/contracts';

/** The text as the base of an API: http or https, nothing after its path, no slash at its end. Throws `usage`. */
export function parseBaseUrl(provider: string, text: string): string {
  if (!URL.canParse(text)) throw badBase(provider, `\`${text}\``);
  const { protocol, username, password, search, hash, origin, pathname } = new URL(text);
  if (username !== '' || password !== '') throw badBase(provider, 'one that carries a user or password');
  if (search !== '' || hash !== '') throw badBase(provider, 'one with a query or fragment');
  if (protocol !== 'http:' && protocol !== 'https:') throw badBase(provider, `\`${text}\``);
  return (origin + pathname).replace(/\/+$/, '');
}

function badBase(provider: string, came: string): OrchError {
  return new OrchError('usage', `Expected the base URL of ${provider} to look like https://host/path, got ${came}.`);
}

/** Whether a base URL leads to this machine. */
export function isLoopback(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

/** Who answers there, for the identity: host and path, unless it is the vendor itself or this machine. */
export function serviceOf(baseUrl: string, vendorUrl?: string): string | undefined {
  if (baseUrl === vendorUrl || isLoopback(baseUrl)) return undefined;
  const { host, pathname } = new URL(baseUrl);
  return (host + pathname).replace(/\/+$/, '');
}
