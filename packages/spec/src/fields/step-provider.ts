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
export function keyOf({ name, model, base_url, options }: ProviderChoice): string {
  if (base_url === undefined && options === undefined) return model === undefined ? name : `${name}:${model}`;
  const sorted = options && Object.fromEntries(Object.entries(options).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify({ name, model, base_url, options: sorted });
}
