import type { ProviderChoice } from '@orch/contracts';
import { modelOptions } from './model-options.ts';
import { field, record } from './read-fields.ts';
import { expected, nonEmptyText, refined, refuse, text } from './type.ts';
import type { Type } from './type.ts';

/** Left to whoever runs the job. */
export const AUTO: ProviderChoice = { name: 'auto' };

const NAME = /^[a-z][a-z0-9_-]*$/;

const providerName = refined(
  nonEmptyText,
  (value) => (NAME.test(value) ? undefined : `expected the name of a provider, got ${JSON.stringify(value)}`),
  { pattern: NAME.source },
);

const baseUrl = refined(
  nonEmptyText,
  (value) => {
    if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return undefined;
    return `expected a URL such as http://127.0.0.1:8080/v1, got ${JSON.stringify(value)}`;
  },
  { pattern: '^https?://' },
);

const parts = record(
  'name, name:model, or a map with name, model, base_url, options',
  {
    name: field(providerName, 'Who answers: auto, ollama, openai, replay, echo …'),
    model: field(nonEmptyText, 'The model; Ollama finds one itself.'),
    base_url: field(baseUrl, 'Where the service listens, when it is not at its usual address.'),
    options: field(modelOptions, 'Options for every question, under those of the step.'),
  },
  { name: 'the name of a provider' },
  new Set(['limits']),
);

/** `name`, `name:model` (split at the first colon), or the parts by name. */
export const providerChoice: Type<ProviderChoice> = {
  schema: { anyOf: [{ ...text.schema, pattern: `${NAME.source.slice(0, -1)}(:[\\s\\S]+)?$` }, parts.schema] },
  read: (written, path, problems) => {
    if (written.type === 'scalar' && typeof written.value === 'string') {
      const why = `expected name or name:model, got ${JSON.stringify(written.value)}`;
      return parseProvider(written.value) ?? refuse(why, written, { path, problems });
    }
    return written.type === 'map'
      ? parts.read(written, path, problems)
      : expected('name, name:model, or a map with name, model, base_url, options', written, { path, problems });
  },
};

/** `ollama:qwen2.5:7b` → `{ name: 'ollama', model: 'qwen2.5:7b' }`; undefined when it is neither name nor name:model. */
export function parseProvider(written: string): ProviderChoice | undefined {
  const colon = written.indexOf(':');
  const name = colon === -1 ? written : written.slice(0, colon);
  if (!NAME.test(name)) return undefined;
  if (colon === -1) return { name };
  const model = written.slice(colon + 1).trim();
  return model === '' ? undefined : { name, model };
}
