import type { JsonObject } from '@orch/contracts';
import { field, record } from './read-fields.ts';
import { anything, listOf, notNegative, number, numberFromTo, text, wholeNumber } from './type.ts';
import type { Type } from './type.ts';

const fields = record(
  'a map of model options',
  {
    temperature: field(notNegative, 'How freely it answers; 0 is the most likely answer.'),
    top_p: field(numberFromTo(0, 1), 'The share of likely words it chooses from.'),
    top_k: field(wholeNumber(1), 'How many of the likely words it chooses from.'),
    max_tokens: field(wholeNumber(1), 'The longest answer.'),
    seed: field(number('a whole number', { type: 'integer' }, Number.isSafeInteger), 'Makes answers repeatable.'),
    stop: field(listOf(text, 'strings'), 'Texts at which an answer ends.'),
    num_ctx: field(wholeNumber(1), 'The size of the context window (Ollama).'),
  },
  {},
);

/** How a model is to answer: `ModelOptions` of `@orch/contracts`. */
export const modelOptions: Type<JsonObject> = {
  schema: fields.schema,
  read: (written, path, problems) =>
    fields.read(written, path, problems) && (anything.read(written, path, problems) as JsonObject),
};
