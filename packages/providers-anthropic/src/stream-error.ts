import type { OrchError } from '@orch/contracts';
import { classifyHttp } from '@orch/providers-core';

/** The status that goes with each type of error (https://platform.claude.com/docs/en/api/errors). */
const statuses: ReadonlyMap<unknown, number> = new Map([
  ['invalid_request_error', 400],
  ['authentication_error', 401],
  ['billing_error', 402],
  ['permission_error', 403],
  ['not_found_error', 404],
  ['conflict_error', 409],
  ['request_too_large', 413],
  ['rate_limit_error', 429],
  ['api_error', 500],
  ['timeout_error', 504],
  ['overloaded_error', 529],
]);

/** An error that came inside of an answer, after its status had been sent: it is what the same error is outside. */
export function toError(body: unknown): OrchError {
  const { error, request_id: id } = body as {
    readonly error?: { readonly type?: unknown };
    readonly request_id?: unknown;
  };
  return classifyHttp(statuses.get(error?.type) ?? 200, typeof id === 'string' ? { 'request-id': id } : {}, body);
}
