import type { FinishReason, Recording, Reply } from '@orch/contracts';

const finishReasons: readonly FinishReason[] = ['stop', 'length', 'tool_calls', 'refused', 'other'];

/** The reply as it was when it was recorded. */
export function toReply({ reply, finish_reason, usage, recorded_from }: Recording): Reply {
  const { model } = recorded_from;
  return {
    text: reply,
    finishReason: finishReasons.find((reason) => reason === finish_reason) ?? 'other',
    usage: { tokensIn: usage.tokens_in, tokensOut: usage.tokens_out, tokensCached: usage.tokens_cached },
    ...(model !== undefined && { modelReported: model }),
  };
}
