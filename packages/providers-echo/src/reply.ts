import type { ModelRequest, Reply } from '@orch/contracts';
import { estimateTokens } from '@orch/providers-core';
import { minimalInstance } from './minimal-instance.ts';

/** The answer that this question always gets: `echo: ` and the last words of the user, or the least that fits the schema. */
export function toReply(request: ModelRequest): Reply {
  const text = request.schema === undefined ? echo(request) : JSON.stringify(minimalInstance(request.schema));
  const usage = {
    tokensIn: estimateTokens(request.messages),
    tokensOut: estimateTokens([{ role: 'assistant', content: text }]),
    estimated: true,
  } as const;
  return { text, finishReason: 'stop', usage, modelReported: 'echo' };
}

function echo({ messages, asked }: ModelRequest): string {
  const last = messages.findLast(({ role }) => role === 'user')?.content ?? '';
  return asked.sample === 0 ? `echo: ${last}` : `echo (sample ${asked.sample}): ${last}`;
}
