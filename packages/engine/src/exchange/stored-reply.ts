import { OrchError } from '@orch/contracts';
import type { CacheEntry, Reply } from '@orch/contracts';
import { fromReplyRecord, fromUsageRecord, toFinishReason, toReplyRecord, toUsageRecord } from '@orch/providers-core';

/** A reply as the cache keeps it, with the request that paid for it. */
export type StoredReply = Reply & { readonly paid?: { readonly job_id: string; readonly request_id: string } };

type EntryBody = Pick<CacheEntry, 'response' | 'finish_reason' | 'usage' | 'model_reported' | 'paid'>;

/** Between a reply in the program and the public format of a cache entry. */
export const replyCodec = {
  toEntry: (reply: StoredReply): EntryBody => ({
    response: toReplyRecord(reply),
    finish_reason: reply.finishReason,
    usage: toUsageRecord(reply.usage),
    ...(reply.modelReported === undefined ? {} : { model_reported: reply.modelReported }),
    ...(reply.paid === undefined ? {} : { paid: reply.paid }),
  }),
  fromEntry: (entry: EntryBody): StoredReply => ({
    ...answerOf(entry),
    finishReason: toFinishReason(entry.finish_reason),
    usage: fromUsageRecord(entry.usage ?? {}),
    modelReported: entry.model_reported,
    ...(entry.paid === undefined ? {} : { paid: entry.paid }),
  }),
};

function answerOf({ response }: EntryBody): Pick<Reply, 'text' | 'toolCalls'> {
  const answer = fromReplyRecord(response);
  if (answer !== undefined) return answer;
  throw new OrchError('corrupt_log', `Expected a cached reply to be text, got ${typeof response}.`);
}
