import { OrchError } from '@orch/contracts';

type Written = { readonly [name: string]: string | { readonly secret: string } };

/** The only place where the name of a secret becomes its value. */
export function withSecrets(
  written: Written,
  server: string,
  { secrets }: { readonly secrets: ReadonlyMap<string, string> },
): Record<string, string> {
  const entries = Object.entries(written).map(([name, value]) => {
    const text = typeof value === 'string' ? value : secrets.get(value.secret);
    if (text === undefined) throw unknown(server, name, (value as { readonly secret: string }).secret);
    return [name, text] as const;
  });
  return Object.fromEntries(entries);
}

function unknown(server: string, name: string, secret: string): OrchError {
  return new OrchError(
    'usage',
    `Expected a secret that the job names for ${name} of the server ${server}, got ${secret}.`,
  );
}
