import type { Recording, Reply } from '@orch/contracts';
import { fromReplyRecord, fromUsageRecord, toFinishReason } from '@orch/providers-core';

/** The reply as it was when it was recorded. */
export function toReply({ reply, finish_reason, usage, recorded_from }: Recording): Reply {
  const { model } = recorded_from;
  return {
    ...(fromReplyRecord(reply) ?? { text: '' }),
    finishReason: toFinishReason(finish_reason),
    usage: fromUsageRecord(usage),
    ...(model !== undefined && { modelReported: model }),
  };
}
