import type { ProviderChoice } from '@orch/contracts';
import { headers } from './headers.ts';
import { modelOptions } from './model-options.ts';
import { limits, providerResilience } from './policy.ts';
import { field, record } from './read-fields.ts';
import { expected, nonEmptyText, oneOf, refined, refuse, text } from './type.ts';
import type { At, Type } from './type.ts';
import { entryOf, inside } from '../source/written.ts';
import type { WrittenMap } from '../source/written.ts';

/** Left to whoever runs the job. */
export const AUTO: ProviderChoice = { name: 'auto' };

const NAME = /^[a-z][a-z0-9_-]*$/;

const providerName = refined(
  nonEmptyText,
  (value) => (NAME.test(value) ? undefined : `expected the name of a provider, got ${JSON.stringify(value)}`),
  { pattern: NAME.source },
);

export const baseUrl = refined(
  nonEmptyText,
  (value) => {
    if (URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)) return undefined;
    return `expected a URL such as http://127.0.0.1:8080/v1, got ${JSON.stringify(value)}`;
  },
  { pattern: '^https?://' },
);

const VERSION = /^\d{4}-\d{2}-\d{2}$/;

const version = refined(
  nonEmptyText,
  (value) => (VERSION.test(value) ? undefined : `expected a date such as 2023-06-01, got ${JSON.stringify(value)}`),
  { pattern: VERSION.source },
);

/** Fields that mean something to one vendor only. */
const fieldsOfOne = { api: 'openai', api_version: 'anthropic' } as const;

/** Fields that mean nothing where nobody is asked. */
const fieldsOfServices = ['base_url', 'options', 'limits', 'resilience', 'headers'];

const askNobody: ReadonlySet<string> = new Set(['echo', 'replay']);

const what = 'name, name:model, or a map with name, model, base_url, options';

const parts = record(
  what,
  {
    name: field(providerName, 'Who answers: auto, ollama, openai, anthropic, mlx, replay, echo …'),
    model: field(nonEmptyText, 'The model; Ollama finds one itself.'),
    base_url: field(baseUrl, 'Where the service listens, when it is not at its usual address.'),
    options: field(modelOptions, 'Options for every question, under those of the step.'),
    limits: field(limits, 'What it may be asked for; requests beyond wait, and hold no place meanwhile.'),
    resilience: field(
      providerResilience,
      'How long is waited for it, how often it is tried, and when it is left alone.',
    ),
    headers: field(headers, 'Sent with every request; {secret: NAME} hands over a secret.'),
    api: field(oneOf(['chat', 'responses']), 'Of openai: chat completions, or the Responses API.', { default: 'chat' }),
    api_version: field(version, 'Of anthropic: the anthropic-version header.'),
  },
  { name: 'the name of a provider' },
);

/** `name`, `name:model` (split at the first colon), or the parts by name. */
export const providerChoice: Type<ProviderChoice> = {
  schema: { anyOf: [{ ...text.schema, pattern: `${NAME.source.slice(0, -1)}(:[\\s\\S]+)?$` }, parts.schema] },
  read: (written, path, problems) => {
    if (written.type === 'scalar' && typeof written.value === 'string') {
      const why = `expected name or name:model, got ${JSON.stringify(written.value)}`;
      return parseProvider(written.value) ?? refuse(why, written, { path, problems });
    }
    if (written.type !== 'map') return expected(what, written, { path, problems });
    const choice = parts.read(written, path, problems);
    if (choice === undefined) return undefined;
    checkMeaning(written, choice, { path, problems });
    return choice;
  },
};

function checkMeaning(written: WrittenMap, { name }: ProviderChoice, { path, problems }: At): void {
  const note = (field: string, why: string): void => {
    const entry = entryOf(written, field);
    if (entry === undefined) return;
    problems.add(entry.keySpan[0], { code: 'conflict', message: `${inside(path, field)}: ${why}` });
  };
  for (const [field, vendor] of Object.entries(fieldsOfOne)) {
    if (name !== vendor) note(field, `only ${vendor} has this, got it for ${name}`);
  }
  for (const field of askNobody.has(name) ? fieldsOfServices : []) {
    note(field, `means nothing for ${name}, which asks nobody`);
  }
}

/** `ollama:qwen2.5:7b` → `{ name: 'ollama', model: 'qwen2.5:7b' }`; undefined when it is neither name nor name:model. */
export function parseProvider(written: string): ProviderChoice | undefined {
  const colon = written.indexOf(':');
  const name = colon === -1 ? written : written.slice(0, colon);
  if (!NAME.test(name)) return undefined;
  if (colon === -1) return { name };
  const model = written.slice(colon + 1).trim();
  return model === '' ? undefined : { name, model };
}
