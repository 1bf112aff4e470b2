import type { ProviderChoice } from '@orch/contracts';
import { modelOptions } from './model-options.ts';
import { expected, nonEmptyText, refuse } from './read.ts';
import type { Read } from './read.ts';
import { readFields } from './read-fields.ts';

/** Left to whoever runs the job. */
export const AUTO: ProviderChoice = { name: 'auto' };

const name: Read<string> = (written, path, problems) => {
  const value = nonEmptyText(written, path, problems);
  if (value === undefined || isName(value)) return value;
  return refuse(`expected the name of a provider, got ${JSON.stringify(value)}`, written, { path, problems });
};

const baseUrl: Read<string> = (written, path, problems) => {
  const value = nonEmptyText(written, path, problems);
  if (value === undefined || (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol))) return value;
  const why = `expected a URL such as http://127.0.0.1:8080/v1, got ${JSON.stringify(value)}`;
  return refuse(why, written, { path, problems });
};

const shape = { name, model: nonEmptyText, base_url: baseUrl, options: modelOptions };
const notBuilt: ReadonlySet<string> = new Set(['limits']);

/** `name`, `name:model` (split at the first colon), or the parts by name. */
export const providerChoice: Read<ProviderChoice> = (written, path, problems) => {
  if (written.type === 'scalar' && typeof written.value === 'string') {
    const choice = parseProvider(written.value);
    const why = `expected name or name:model, got ${JSON.stringify(written.value)}`;
    return choice ?? refuse(why, written, { path, problems });
  }
  if (written.type !== 'map') {
    return expected('name, name:model, or a map with name, model, base_url, options', written, { path, problems });
  }
  const { name, ...rest } = readFields(written, { shape, notBuilt }, { path, problems });
  if (name !== undefined) return { name, ...rest };
  if (written.entries.some(({ key }) => key === 'name')) return undefined;
  return problems.add(written.span[0], { code: 'missing', message: `${path}.name: expected the name of a provider` });
};

/** `ollama:qwen2.5:7b` → `{ name: 'ollama', model: 'qwen2.5:7b' }`; undefined when it is neither name nor name:model. */
export function parseProvider(written: string): ProviderChoice | undefined {
  const colon = written.indexOf(':');
  const name = colon === -1 ? written : written.slice(0, colon);
  if (!isName(name)) return undefined;
  if (colon === -1) return { name };
  const model = written.slice(colon + 1).trim();
  return model === '' ? undefined : { name, model };
}

const isName = (value: string): boolean => /^[a-z][a-z0-9_-]*$/.test(value);
