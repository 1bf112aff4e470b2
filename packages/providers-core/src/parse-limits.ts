import { headerOf } from './http-headers.ts';
import type { HttpHeaders } from './http-headers.ts';

/** What a server says of one of its limits: how much is left, and in how many milliseconds it is full again. */
export type StatedLimit = {
  readonly name: string;
  readonly counts: 'requests' | 'tokens';
  readonly limit?: number | undefined;
  readonly remaining: number;
  readonly resetMs: number;
};

const counted = {
  requests: 'requests',
  tokens: 'tokens',
  'input-tokens': 'tokens',
  'output-tokens': 'tokens',
} as const;

/** The headers of each limit, made once: every answer is looked through for them. */
const known = Object.entries(counted).flatMap(([name, counts]) =>
  [
    { family: 'x-ratelimit', header: (fact: string) => `x-ratelimit-${fact}-${name}` },
    { family: 'anthropic-ratelimit', header: (fact: string) => `anthropic-ratelimit-${name}-${fact}` },
  ].map(({ family, header }) => ({
    name: `${family}-${name}`,
    counts,
    ...{ limit: header('limit'), remaining: header('remaining'), reset: header('reset') },
  })),
);

/**
 * The limits that the headers of an answer state: `x-ratelimit-remaining-requests: 59` with `reset` as a duration
 * (`6m0s`; https://platform.openai.com/docs/guides/rate-limits), and `anthropic-ratelimit-requests-remaining` with
 * `reset` as a moment (https://platform.claude.com/docs/en/api/rate-limits), seen from `now`, in milliseconds since the
 * epoch. One without what is left or without its reset is left out.
 */
export function parseLimits(headers: HttpHeaders, now: number): StatedLimit[] {
  const limits: StatedLimit[] = [];
  for (const { name, counts, limit, remaining, reset } of known) {
    const left = toCount(headerOf(headers, remaining));
    if (left === undefined) continue;
    const resetMs = toMs(headerOf(headers, reset), now);
    if (resetMs === undefined) continue;
    limits.push({ name, counts, limit: toCount(headerOf(headers, limit)), remaining: left, resetMs });
  }
  return limits;
}

function toCount(text: string | undefined): number | undefined {
  return text !== undefined && /^\s*\d+(\.\d+)?\s*$/.test(text) ? Number(text) : undefined;
}

const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `1m30.5s`, `20ms`, plain seconds, or a moment as RFC 3339 writes it. */
function toMs(text: string | undefined, now: number): number | undefined {
  if (text === undefined) return undefined;
  const seconds = toCount(text);
  if (seconds !== undefined) return seconds * 1000;
  const trimmed = text.trim();
  if (/^\d{4}-\d\d-\d\dT/.test(trimmed)) {
    const moment = Date.parse(trimmed);
    return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
  }
  return durationMs(trimmed);
}

/** Part by part: every answer is asked for this. */
function durationMs(text: string): number | undefined {
  const part = /(\d+(?:\.\d+)?)(ms|[smhd])/y;
  let ms = 0;
  let end = 0;
  for (let found = part.exec(text); found !== null; found = part.exec(text)) {
    ms += Number(found[1]) * (unitMs[found[2] ?? ''] ?? 0);
    end = part.lastIndex;
  }
  return end > 0 && end === text.length ? ms : undefined;
}
