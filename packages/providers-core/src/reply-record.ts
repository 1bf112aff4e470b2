import type { FinishReason, JsonObject, Recording, Reply, Usage } from '@orch/contracts';

type ReplyRecord = Recording['reply'];
type UsageRecord = Recording['usage'];

/** What was answered, as entries of the cache and recordings keep it: the text alone unless the model asked for tools. */
export function toReplyRecord({ text, toolCalls }: Pick<Reply, 'text' | 'toolCalls'>): ReplyRecord {
  if (toolCalls === undefined) return text;
  return { text, tool_calls: toolCalls.map(({ id, name, arguments: args }) => ({ id, name, arguments: args })) };
}

/** The same read again; undefined when it is nothing of the kind. */
export function fromReplyRecord(value: unknown): Pick<Reply, 'text' | 'toolCalls'> | undefined {
  if (typeof value === 'string') return { text: value };
  const { text, tool_calls: calls } = (value ?? {}) as JsonObject;
  if (typeof text !== 'string' || !Array.isArray(calls)) return undefined;
  return { text, toolCalls: (value as Exclude<ReplyRecord, string>).tool_calls };
}

/** Usage in the words of the records on disc; what is unknown is absent. */
export function toUsageRecord(usage: Usage): UsageRecord {
  return {
    ...(usage.tokensIn === undefined ? {} : { tokens_in: usage.tokensIn }),
    ...(usage.tokensOut === undefined ? {} : { tokens_out: usage.tokensOut }),
    ...(usage.tokensCached === undefined ? {} : { tokens_cached: usage.tokensCached }),
    ...(usage.estimated === undefined ? {} : { estimated: usage.estimated }),
  };
}

export function fromUsageRecord(usage: UsageRecord): Usage {
  return {
    tokensIn: usage.tokens_in,
    tokensOut: usage.tokens_out,
    tokensCached: usage.tokens_cached,
    ...(usage.estimated === true && { estimated: true }),
  };
}

const finishReasons: readonly FinishReason[] = ['stop', 'length', 'tool_calls', 'refused', 'other'];

export function toFinishReason(recorded: string | undefined): FinishReason {
  return finishReasons.find((reason) => reason === recorded) ?? 'other';
}
