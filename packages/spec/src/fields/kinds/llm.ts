import { modelOptions } from '../model-options.ts';
import { stepResilience } from '../policy.ts';
import { field, record } from '../read-fields.ts';
import { schemaOrFile } from '../schema.ts';
import { stepProvider } from '../step-provider.ts';
import { flag, listOf, nonEmptyText, oneOf, text, wholeNumber } from '../type.ts';
import { innerPath, jobPath } from '../words.ts';
import type { Kind } from './kind.ts';
import { allowedTools, usualRounds } from './tools.ts';

const message = record(
  'a map with role and content',
  {
    role: field(oneOf(['system', 'user', 'assistant']), 'Who says it.'),
    content: field(nonEmptyText, 'What is said.'),
  },
  { role: 'system, user or assistant', content: 'what is said' },
);

const repair = record(
  'a map with rounds',
  { rounds: field(wholeNumber(0), 'How often at most.', { default: 1 }) },
  { rounds: 'a whole number of 0 or more' },
);

export const llm: Kind = {
  about: 'Asks a language model.',
  shape: {
    prompt: field(nonEmptyText, 'What the model is asked.', { templates: 'text' }),
    messages: field(listOf(message, 'maps with role and content', 1), 'A conversation instead of one question.', {
      templates: 'text',
    }),
    prompt_file: field(jobPath, 'A file that holds the prompt, beside the job file.'),
    system: field(text, 'What the model is told before the question.', { templates: 'text' }),
    model: field(nonEmptyText, "The model, instead of the provider's.", { templates: 'text' }),
    provider: field(stepProvider, 'Who answers: a name under providers, name:model, or a map; else as the job says.'),
    options: field(modelOptions, 'How the model answers.', { default: {} }),
    schema: field(
      schemaOrFile,
      'What the answer must fit: a JSON Schema, a shorthand such as {title: string, tags: [string]}, or a file. Means output: json.',
    ),
    output: field(oneOf(['text', 'json', 'files', 'patch']), 'What is made of the answer.', { default: 'text' }),
    attachments: field(
      listOf(innerPath, 'paths'),
      'Files beside the job file, or below {{ run.outputs }}, and globs, whose text goes along with the question.',
      { templates: 'text' },
    ),
    allow_truncated: field(flag, 'Whether an answer that was cut short is used all the same.', { default: false }),
    tools: field(
      allowedTools,
      'What the model may ask to have called: server.tool of the servers under mcp, with * for any part of a name.',
    ),
    tool_rounds: field(wholeNumber(1), 'How often it may ask for calls before it must answer.', {
      default: usualRounds,
    }),
    resilience: field(
      stepResilience,
      'How long this step waits for an answer, and how often it asks, over what the provider says.',
    ),
    repair: field(repair, 'An answer that does not fit is shown to the model again.', { default: { rounds: 1 } }),
  },
  needsOne: ['prompt', 'messages', 'prompt_file'],
  tries: 1,
  notBuilt: ['candidates'],
};
