import { OrchError } from '@orch/contracts';
import type { ErrorCode } from '@orch/contracts';
import { readErrorBody } from './error-body.ts';
import type { ErrorBody } from './error-body.ts';
import { headerOf } from './http-headers.ts';
import type { HttpHeaders } from './http-headers.ts';
import { quoted } from './quote.ts';

/**
 * The error that an HTTP answer stands for. Decided by the code or type that the server states, then by its status:
 * 2xx is an error that came inside an answer (`server`), 3xx a redirect, which is never followed (`unconfigured`).
 * `body` is the text or the parsed JSON. Who throws it from a reader need not look for secrets in what it quotes.
 */
export function classifyHttp(status: number, headers: HttpHeaders, body: unknown): OrchError {
  const stated = readErrorBody(body);
  const code = codeOf(status, stated);
  const requestId = headerOf(headers, 'x-request-id') ?? headerOf(headers, 'request-id');
  return new OrchError(code, `Expected an answer, got ${words(status, headers, stated)}`, {
    hint: hints[code],
    details: { status, server_code: stated.code ?? stated.type, request_id: requestId },
  });
}

const statedCodes: Readonly<Record<string, ErrorCode>> = {
  insufficient_quota: 'quota',
  billing_hard_limit_reached: 'quota',
  billing_not_active: 'quota',
  billing_error: 'quota',
  contract_spend_limit_reached: 'quota',
  enforced_spend_limit_reached: 'quota',
  linked_organization_spend_limit_reached: 'quota',
  model_not_found: 'model_missing',
  DeploymentNotFound: 'model_missing',
  invalid_api_key: 'auth',
  authentication_error: 'auth',
  rate_limit_exceeded: 'rate_limit',
  content_filter: 'refused',
  content_policy_violation: 'refused',
};

const statusCodes: Readonly<Record<number, ErrorCode>> = {
  401: 'auth',
  402: 'quota',
  403: 'auth',
  408: 'timeout',
  409: 'server',
  425: 'server',
  429: 'rate_limit',
};

const hints: Partial<Record<ErrorCode, string>> = {
  auth: 'Check the API key and what it may use.',
  quota: 'Add credit or raise the limit at the provider, or use another provider.',
  rate_limit: 'Lower `concurrency`, or try again later.',
  server: 'Try again later; what the server logs may say more.',
  model_missing: 'Name a model that the server has.',
  unconfigured: 'Check the base URL: it must lead straight to the API, its version included.',
  bad_request: "Check the step's `options` and `schema` against what the server takes.",
};

function codeOf(status: number, stated: ErrorBody): ErrorCode {
  const own = statedCodes[stated.code ?? ''] ?? statedCodes[stated.type ?? ''];
  if (own !== undefined) return own;
  if (status === 404) return namesModel(stated) ? 'model_missing' : 'unconfigured';
  if (status >= 500 || status < 300) return 'server';
  return statusCodes[status] ?? (status < 400 ? 'unconfigured' : 'bad_request');
}

/**
 * A 404 with an error in the API's own form is about the model, and so is one that speaks of it, or of its `endpoints`
 * (OpenRouter). Any other one, or no more than "Not Found" (Anthropic, llama.cpp), says that there is no such address.
 */
function namesModel({ isText, type, message = '' }: ErrorBody): boolean {
  if (isText === true || /\bmodel\b|^No endpoints found/i.test(message)) return true;
  return (type === 'NotFoundError' || type === 'not_found_error') && !/^(file )?not found\.?$/i.test(message);
}

function words(status: number, headers: HttpHeaders, { message }: ErrorBody): string {
  const came = status < 300 ? 'an error in its place' : `HTTP ${status}`;
  if (status >= 300 && status < 400) return `${came}, a redirect to ${targetOf(headers)}.`;
  return message === undefined ? `${came}.` : `${came}: ${quoted(message)}`;
}

/** Scheme and host only: the rest of the address may carry a token. */
function targetOf(headers: HttpHeaders): string {
  const location = headerOf(headers, 'location');
  if (location === undefined || !URL.canParse(location)) return 'another path';
  return new URL(location).origin;
}
