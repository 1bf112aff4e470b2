import type { JsonObject } from '@orch/contracts';
import { anything, expected, listOf, notNegative, number, text, wholeNumber } from './read.ts';
import type { Read } from './read.ts';
import { readFields } from './read-fields.ts';

const shape = {
  temperature: notNegative,
  top_p: number('a number from 0 to 1', (value) => value >= 0 && value <= 1),
  max_tokens: wholeNumber(1),
  seed: number('a whole number', Number.isSafeInteger),
  stop: listOf(text, 'strings'),
  num_ctx: wholeNumber(1),
};

const none: ReadonlySet<string> = new Set();

/** How a model is to answer: `ModelOptions` of `@orch/contracts`. */
export const modelOptions: Read<JsonObject> = (written, path, problems) => {
  if (written.type !== 'map') return expected('a map of model options', written, { path, problems });
  readFields(written, { shape, notBuilt: none }, { path, problems });
  return anything(written, path, problems) as JsonObject;
};
