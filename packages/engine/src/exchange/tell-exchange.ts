import type { CacheEntry, EventData, Hider, SentResult, Where } from '@orch/contracts';
import { toUsageRecord } from '@orch/providers-core';
import { failureData } from '../attempt/failure-data.ts';
import type { RunContext } from '../run/run-context.ts';

// The one place that tells of requests to models, and of their answers.

type Teller = Pick<RunContext, 'journal' | 'hider'>;
type Request = EventData['llm.request'];

/** Which request it is, as its answer names it. */
export type Sent = Pick<Request, 'request_id' | 'provider' | 'model'>;

/** Resolves when the log has it: only then may the request leave. */
export function tellRequest({ journal }: Teller, request: Request, where: Where): Promise<void> {
  return journal.append('llm.request', request, where);
}

export function tellResponse({ journal, hider }: Teller, sent: Sent, told: { result: SentResult; where: Where }): void {
  journal.push('llm.response', { ...sent, ...responseData(told.result, hider) }, told.where);
}

type Kept = Pick<CacheEntry, 'cached_at' | 'usage' | 'finish_reason'>;

/** Of an answer that was kept before its process could tell of it; `ts`: when its request was told. */
export function tellKept(
  { journal }: Teller,
  entry: Kept,
  { ts, sent, where }: { ts: string; sent: Sent; where: Where },
): void {
  const duration_s = Math.max(0, Date.parse(entry.cached_at) - Date.parse(ts)) / 1000;
  const finished = entry.finish_reason === undefined ? {} : { finish_reason: entry.finish_reason };
  const { request_id, provider, model } = sent;
  const answered = { duration_s, success: true, recovered: true, ...entry.usage, ...finished };
  journal.push('llm.response', { request_id, provider, model, ...answered }, where);
}

function responseData(result: SentResult, hider: Hider) {
  const duration_s = Math.round(result.durationMs) / 1000;
  if (result.ok) {
    const { finishReason, usage } = result.reply;
    return { duration_s, success: true, finish_reason: finishReason, ...toUsageRecord(usage) };
  }
  const spent = toUsageRecord(result.usage ?? {});
  return { duration_s, success: false, ...spent, error: failureData(result.error, hider) };
}
