import type { ProviderChoice } from '@orch/contracts';
import { inside } from '../source/written.ts';
import type { PipelineUse } from './draft.ts';
import { providerChoice } from './provider-choice.ts';
import { field, record } from './read-fields.ts';
import { expected, mapOf, nonEmptyText, notNegative, oneOf, refined, wholeNumber } from './type.ts';
import type { Type } from './type.ts';
import { vars } from './vars.ts';
import { toolServers } from './tool-servers.ts';
import { id, jobPath, uniqueTexts, variableName } from './words.ts';

/** Read elsewhere, step by step. */
const readLater: Type<never> = { schema: {}, read: () => undefined };

const providers: Type<Readonly<Record<string, ProviderChoice>>> = {
  schema: { type: 'object', propertyNames: id.schema, additionalProperties: providerChoice.schema },
  read: (written, path, problems) => {
    if (written.type !== 'map') return expected('a map of names and providers', written, { path, problems });
    for (const { key, keySpan } of written.entries) {
      const name = { type: 'scalar', span: keySpan, value: key } as const;
      id.read(name, inside(path, key), problems);
    }
    return mapOf(providerChoice, 'names and providers').read(written, path, problems);
  },
};

const parameters = record(
  'the name or file of a pipeline, or a map with use and with',
  {
    use: field(nonEmptyText, 'Its name, or a path that has a / or ends in .yaml.'),
    with: field(vars, 'Values for its parameters, over its own.', { default: {} }),
  },
  { use: 'the name or file of a pipeline' },
);

const pipeline: Type<PipelineUse> = {
  schema: { anyOf: [nonEmptyText.schema, parameters.schema] },
  read: (written, path, problems) => {
    if (written.type === 'scalar' && typeof written.value === 'string') {
      const use = nonEmptyText.read(written, path, problems);
      return use === undefined ? undefined : { use, with: {} };
    }
    const given = parameters.read(written, path, problems);
    return given && { use: given.use, with: given.with ?? {} };
  },
};

const kindSource = refined(nonEmptyText, (value) =>
  /^(\.{1,2}\/|(@[\w.-]+\/)?[\w-][\w./-]*$)/.test(value)
    ? undefined
    : `expected a file such as ./my-kind.ts, or the name of a package, got ${JSON.stringify(value)}`,
);

/** The fields of a job. */
export const jobFields = {
  project: field(id, 'Files go to outputs/<project>/; unless given, the name of the folder.'),
  task_description: field(nonEmptyText, 'What to do: {{ task }}.'),
  task: field(nonEmptyText, 'The same as task_description.'),
  provider: field(
    providerChoice,
    'Who answers: name, name:model, or {name, model, base_url, options, limits, resilience, headers}. auto: whom PROVIDER names, else an Ollama that answers, else recordings beside the job.',
    { default: 'auto' },
  ),
  providers: field(providers, 'Providers by name, for steps to name.'),
  mcp: field(
    toolServers,
    'Servers of tools by name, for the tools of steps: {command, args, env, cwd} or {url, headers}.',
  ),
  pipeline: field(pipeline, 'Steps that others wrote: a name, a file, or {use, with}. Without steps: software.'),
  concurrency: field(wholeNumber(1, 1024), 'Steps and items at once.', { default: 4 }),
  timeout_s: field(notNegative, 'Running time of this attempt in seconds; 0 is none.', { default: 0 }),
  output_dir: field(jobPath, 'Where the outputs are copied when the job succeeds.'),
  defaults: field(readLater, 'Any step field, for all steps that know it and do not write it.'),
  vars: field(vars, 'Values for templates: {{ vars.x }}, set by --var x=value.', { default: {} }),
  secrets: field(
    uniqueTexts(variableName, 'names of environment variables'),
    'Environment variables whose values are hidden everywhere; those that look like keys, tokens or passwords are unasked.',
    { default: [] },
  ),
  durability: field(
    oneOf(['strict', 'relaxed']),
    'relaxed: what happened in the last moments before a crash may be lost.',
    {
      default: 'strict',
    },
  ),
  kinds: field(
    uniqueTexts(kindSource, 'files and packages'),
    'Files beside the job file and packages whose default export is a step kind, or a list of them.',
    { default: [] },
  ),
  steps: field(readLater, 'What is done: steps by id, or a list of steps with an id.'),
};

export const jobFieldsNotBuilt: ReadonlySet<string> = new Set(['budget', 'gates', 'routing', 'policy', 'workstreams']);
