import { headerOf } from './http-headers.ts';
import type { HttpHeaders } from './http-headers.ts';

/**
 * How many milliseconds the server asks to wait: `retry-after-ms`, else `Retry-After` in seconds or as an HTTP date
 * (RFC 9110, 10.2.3) seen from `now`, in milliseconds since the epoch. Undefined when it does not ask, or not legibly.
 */
export function parseRetryAfter(headers: HttpHeaders, now: number): number | undefined {
  const ms = toAmount(headerOf(headers, 'retry-after-ms'));
  if (ms !== undefined) return ms;
  const text = headerOf(headers, 'retry-after');
  const seconds = toAmount(text);
  return seconds === undefined ? untilDate(text, now) : seconds * 1000;
}

function toAmount(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

/** An HTTP date starts with the name of a day; `Date.parse` alone would also read dates into plain numbers. */
function untilDate(text: string | undefined, now: number): number | undefined {
  if (text === undefined || !/^\s*[a-z]{3}/i.test(text)) return undefined;
  const date = Date.parse(text);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
