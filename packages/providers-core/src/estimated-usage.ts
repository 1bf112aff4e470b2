import type { ModelRequest, Reply, Usage } from '@orch/contracts';
import { mapWhole } from './body-reader.ts';
import type { BodyReader } from './body-reader.ts';
import { estimateTokens } from './estimate-tokens.ts';

type Question = Pick<ModelRequest, 'messages' | 'tools'>;

/** About how many tokens a question has, its tools included. */
export function questionTokens({ messages, tools }: Question): number {
  const specs = tools === undefined ? [] : [{ role: 'system', content: JSON.stringify(tools) } as const];
  return estimateTokens([...messages, ...specs]);
}

/** The same reader; where the server did not count the tokens of its answer, they are estimated, and it is said so. */
export function withUsage<T>(reader: BodyReader<T, Reply>, question: Question): BodyReader<T, Reply> {
  return mapWhole(reader, (reply) => ({ ...reply, usage: usageOf(reply, question) }));
}

function usageOf({ text, toolCalls, usage }: Reply, question: Question): Usage {
  if (usage.tokensIn !== undefined && usage.tokensOut !== undefined) return usage;
  const answer = { role: 'assistant', content: text, toolCalls } as const;
  const { tokensIn = questionTokens(question), tokensOut = estimateTokens([answer]) } = usage;
  return { ...usage, tokensIn, tokensOut, estimated: true };
}
