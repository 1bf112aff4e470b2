import { OrchError, err, ok } from '@orch/contracts';
import type { Json, JsonObject, Result } from '@orch/contracts';
import { answerText } from './answer-text.ts';
import { compileSchema } from './compile-schema.ts';
import { jsonValues } from './json-values.ts';
import type { BrokenJson } from './json-values.ts';

/**
 * The JSON value in a model's answer: bare, in a fence, or with prose around it. Commas before closing brackets are
 * passed over; JSON that is wrong in another way is not mended. Of several values the largest counts, or with a schema (JSON Schema, draft 2020-12) the largest that fits. Never throws,
 * in time proportional to the text.
 *
 * Errors: `bad_answer` when there is none, or where it breaks off; `schema_mismatch` with every misfit, by its JSON
 * Pointer, in `details.misfits`; `spec` for a schema that cannot be used.
 */
export function parseJson(text: string, schema?: JsonObject): Result<Json> {
  const check = schema === undefined ? ok(() => []) : compileSchema(schema);
  if (!check.ok) return check;
  const answer = answerText(text);
  const { values, broken } = jsonValues(answer);
  const fitting = values.find((value) => check.value(value).length === 0);
  if (fitting !== undefined) return ok(fitting);
  const [largest] = values;
  if (largest !== undefined) return err(mismatch(check.value(largest)));
  const skipped = text.length - answer.length;
  return err(noJson(text, broken && { ...broken, at: broken.at + skipped }));
}

function noJson(text: string, broken: BrokenJson | undefined): OrchError {
  const came = text.trim() === '' ? 'nothing' : JSON.stringify(shortened(text.trim(), 80));
  const problem = broken === undefined ? '' : `: ${problemOf(text, broken)}`;
  return new OrchError('bad_answer', `Expected JSON in the answer, got ${came}${problem}.`, {
    hint: 'Ask for one JSON value and nothing else; a larger max_tokens helps when it was cut.',
  });
}

function problemOf(text: string, { at, fault }: BrokenJson): string {
  const lines = text.slice(0, at).split('\n');
  const place = `line ${lines.length}, column ${(lines.at(-1) ?? '').length + 1}`;
  const found = at < text.length ? JSON.stringify(shortened(text.slice(at, at + 40), 20)) : 'its end';
  return `in ${place}, JSON wants ${fault}, there is ${found}`;
}

/** Of whole characters. */
function shortened(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length).toWellFormed()}…` : text.toWellFormed();
}

const shown = 20;

function mismatch(misfits: readonly string[]): OrchError {
  const more = misfits.length > shown ? `\nand ${misfits.length - shown} more` : '';
  const list = misfits.slice(0, shown).join('\n');
  return new OrchError('schema_mismatch', `Expected JSON that fits the schema, got:\n${list}${more}`, {
    details: { misfits },
  });
}
