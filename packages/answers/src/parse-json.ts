import { OrchError, err, ok } from '@orch/contracts';
import type { Json, JsonObject, Result } from '@orch/contracts';
import { answerText } from './answer-text.ts';
import { compileSchema } from './compile-schema.ts';
import { jsonValues } from './json-values.ts';

/**
 * The JSON value in a model's answer: bare, in a fence, or with prose around it. Of several the largest counts, or with
 * a schema (JSON Schema, draft 2020-12) the largest that fits. Never throws, in time proportional to the text.
 *
 * Errors: `bad_answer` when there is none, `schema_mismatch` with every misfit in `details.misfits`, `spec` for a schema
 * that cannot be used.
 */
export function parseJson(text: string, schema?: JsonObject): Result<Json> {
  const check = schema === undefined ? ok(() => []) : compileSchema(schema);
  if (!check.ok) return check;
  const answer = answerText(text).trim();
  const values = jsonValues(answer);
  const fitting = values.find((value) => check.value(value).length === 0);
  if (fitting !== undefined) return ok(fitting);
  const [largest] = values;
  return err(largest === undefined ? noJson(answer) : mismatch(check.value(largest)));
}

function noJson(answer: string): OrchError {
  const start = answer.search(/[{[]/);
  const problem = start === -1 ? '' : `: ${problemOf(answer.slice(start))}`;
  const came = answer === '' ? 'nothing' : JSON.stringify(answer.length > 80 ? `${answer.slice(0, 80)}…` : answer);
  return new OrchError('bad_answer', `Expected JSON in the answer, got ${came}${problem}.`, {
    hint: 'Ask for one JSON value and nothing else; a larger max_tokens helps when it was cut.',
  });
}

function problemOf(text: string): string {
  try {
    JSON.parse(text);
    return 'it is nested too deeply';
  } catch (error) {
    return (error as SyntaxError).message;
  }
}

const shown = 20;

function mismatch(misfits: readonly string[]): OrchError {
  const more = misfits.length > shown ? `\nand ${misfits.length - shown} more` : '';
  const list = misfits.slice(0, shown).join('\n');
  return new OrchError('schema_mismatch', `Expected JSON that fits the schema, got:\n${list}${more}`, {
    details: { misfits },
  });
}
