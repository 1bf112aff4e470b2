import { createRequire } from 'node:module';
import { OrchError, err, ok } from '@orch/contracts';
import type { JsonObject, Result } from '@orch/contracts';
import type { Ajv2020, ErrorObject, ValidateFunction } from 'ajv/dist/2020.js';

/** What is wrong with a value, one line a misfit such as `/title: must be string`; empty when it fits. */
export type SchemaCheck = (value: unknown) => string[];

const compiled = new WeakMap<JsonObject, Result<SchemaCheck>>();
let ajv: Ajv2020 | undefined;

/** A check for a JSON Schema (draft 2020-12; `format` only annotates), compiled once for each schema object, or why there is none. */
export function compileSchema(schema: JsonObject): Result<SchemaCheck> {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const check = compile(schema);
  compiled.set(schema, check);
  return check;
}

function compile(schema: JsonObject): Result<SchemaCheck> {
  ajv ??= loadAjv();
  try {
    const validate: ValidateFunction = ajv.compile(schema);
    if ('$async' in validate) return err(unusable('expected a synchronous schema, got one with $async'));
    return ok((value) => (validate(value) ? [] : (validate.errors ?? []).map(misfit)));
  } catch (cause) {
    return err(unusable(cause instanceof Error ? cause.message : String(cause), cause));
  } finally {
    ajv.removeSchema(schema);
  }
}

/** Loaded when the first schema comes: ajv costs 30 to 60 ms, and parsing files needs none of it. */
function loadAjv(): Ajv2020 {
  const module = createRequire(import.meta.url)('ajv/dist/2020.js') as typeof import('ajv/dist/2020.js');
  return new module.Ajv2020({
    allErrors: true,
    strict: false,
    validateFormats: false,
    addUsedSchema: false,
    logger: false,
  });
}

function misfit({ instancePath, message = 'does not fit', params }: ErrorObject): string {
  const { additionalProperty, unevaluatedProperty, allowedValues, allowedValue } = params as Record<string, unknown>;
  const named = additionalProperty ?? unevaluatedProperty ?? allowedValues ?? allowedValue;
  return `${instancePath || '/'}: ${message}${named === undefined ? '' : ` (${JSON.stringify(named)})`}`;
}

function unusable(problem: string, cause?: unknown): OrchError {
  return new OrchError('spec', `Expected a JSON Schema (draft 2020-12), but it cannot be used: ${problem}`, { cause });
}
