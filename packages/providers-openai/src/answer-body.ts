import { OrchError } from '@orch/contracts';
import type { ErrorCode } from '@orch/contracts';
import { classifyHttp, quoted } from '@orch/providers-core';

/** What a server sent, as far as it is looked at: any of it may be missing, or something else. */
export type Fields = { readonly [name: string]: unknown };

/** One event of a stream. Throws `bad_response` for what is no JSON, and the error that it may hold. */
export function parseEvent(data: string): Fields {
  try {
    return withoutError(JSON.parse(data));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new OrchError('bad_response', `Expected a chunk of JSON, got \`${quoted(data)}\`.`);
  }
}

/** A body that came with success may yet be an error: `{error: …}`, `{type: 'error', …}`, `{object: 'error', …}`. */
export function withoutError(value: unknown): Fields {
  const body = fieldsOf(value);
  const isError = isThere(body['error']) || body['type'] === 'error' || body['object'] === 'error';
  if (isError) throw statedError(body);
  return body;
}

/** An error that came inside an answer: by its own words, and by the status that some servers state in it. */
export function statedError(body: Fields): OrchError {
  const { code } = isThere(body['error']) ? fieldsOf(body['error']) : body;
  const status = Number.isInteger(code) && Number(code) >= 400 && Number(code) < 600 ? Number(code) : 200;
  const error = classifyHttp(status, {}, body);
  const own = ownCode(String(code));
  return own === undefined ? error : new OrchError(own, error.message, { details: error.details });
}

const refusals = ['invalid_prompt', 'bio_policy', 'misalignment_policy_violation', 'image_content_policy_violation'];

/** Codes of a failed response that another try would meet again. */
function ownCode(code: string): ErrorCode | undefined {
  if (refusals.includes(code)) return 'refused';
  return code.includes('image') ? 'bad_request' : undefined;
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

export function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.map(fieldsOf) : [];
}

export function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

function isThere(value: unknown): boolean {
  return value !== undefined && value !== null;
}
