import { OrchError } from '@orch/contracts';
import type { CacheEntry, FinishReason, Reply, Usage } from '@orch/contracts';

/** A reply as the cache keeps it, with the request that paid for it. */
export type StoredReply = Reply & { readonly paid?: { readonly job_id: string; readonly request_id: string } };

type EntryBody = Pick<CacheEntry, 'response' | 'finish_reason' | 'usage' | 'model_reported' | 'paid'>;

/** Between a reply in the program and the public format of a cache entry. */
export const replyCodec = {
  toEntry: (reply: StoredReply): EntryBody => ({
    response: reply.text,
    finish_reason: reply.finishReason,
    usage: usageRecord(reply.usage),
    ...(reply.modelReported === undefined ? {} : { model_reported: reply.modelReported }),
    ...(reply.paid === undefined ? {} : { paid: reply.paid }),
  }),
  fromEntry: (entry: EntryBody): StoredReply => ({
    text: textOf(entry),
    finishReason: (entry.finish_reason ?? 'other') as FinishReason,
    usage: {
      tokensIn: entry.usage?.tokens_in,
      tokensOut: entry.usage?.tokens_out,
      tokensCached: entry.usage?.tokens_cached,
    },
    modelReported: entry.model_reported,
    ...(entry.paid === undefined ? {} : { paid: entry.paid }),
  }),
};

function textOf({ response }: EntryBody): string {
  if (typeof response === 'string') return response;
  throw new OrchError('corrupt_log', `Expected a cached reply to be text, got ${typeof response}.`);
}

/** Usage in the words of the records on disc; what is unknown is absent. */
export function usageRecord(usage: Usage): { tokens_in?: number; tokens_out?: number; tokens_cached?: number } {
  return {
    ...(usage.tokensIn === undefined ? {} : { tokens_in: usage.tokensIn }),
    ...(usage.tokensOut === undefined ? {} : { tokens_out: usage.tokensOut }),
    ...(usage.tokensCached === undefined ? {} : { tokens_cached: usage.tokensCached }),
  };
}
