import type { ProviderChoice } from '@orch/contracts';
import { providerChoice } from './provider-choice.ts';
import type { Type } from './type.ts';

/** Whom a step names: a key of `providers`, or the choice itself, which goes by the text that was written. */
export type NamedProvider = { readonly key: string; readonly choice: ProviderChoice };

export const stepProvider: Type<NamedProvider> = {
  schema: providerChoice.schema,
  read: (written, path, problems) => {
    const choice = providerChoice.read(written, path, problems);
    if (choice === undefined) return undefined;
    const isText = written.type === 'scalar' && typeof written.value === 'string';
    return { key: isText ? String(written.value) : keyOf(choice), choice };
  },
};

/** The text that means the same, else the parts in a fixed order. */
export function keyOf({ name, model, base_url, ...rest }: ProviderChoice): string {
  const isPlain = base_url === undefined && Object.values(rest).every((value) => value === undefined);
  if (isPlain) return model === undefined ? name : `${name}:${model}`;
  return JSON.stringify({ name, model, base_url, ...(sorted(rest) as object) });
}

function sorted(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}
