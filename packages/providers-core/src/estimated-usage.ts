import type { ModelRequest, Reply, Usage } from '@orch/contracts';
import { mapWhole } from './body-reader.ts';
import type { BodyReader, Say } from './body-reader.ts';
import { estimateTokens } from './estimate-tokens.ts';
import type { AnswerDelta } from './http.ts';

type Question = Pick<ModelRequest, 'messages' | 'tools'>;

/** About how many tokens a question has, its tools included. */
export function questionTokens({ messages, tools }: Question): number {
  const specs = tools === undefined ? [] : [{ role: 'system', content: JSON.stringify(tools) } as const];
  return estimateTokens([...messages, ...specs]);
}

export type Metered = BodyReader<AnswerDelta, Reply> & {
  /** What an answer took that broke off; undefined as long as nothing was said. */
  spent(): Usage | undefined;
};

/** The same reader; where the server did not count the tokens of its answer, they are estimated, and it is said so. */
export function withUsage(reader: BodyReader<AnswerDelta, Reply>, question: Question): Metered {
  const whole = mapWhole(reader, (reply) => ({ ...reply, usage: usageOf(reply, question) }));
  let said = '';
  let tell: Say<AnswerDelta> = () => {};
  const hear = (part: AnswerDelta): void => {
    said += part.type === 'text' ? part.text : part.call.arguments;
    tell(part);
  };
  return {
    push(chunk, say) {
      tell = say;
      return whole.push(chunk, hear);
    },
    end(say) {
      tell = say;
      return whole.end(hear);
    },
    spent: () => (said === '' ? undefined : usageOf({ text: said, usage: {} }, question)),
  };
}

function usageOf({ text, toolCalls, usage }: Pick<Reply, 'text' | 'toolCalls' | 'usage'>, question: Question): Usage {
  if (usage.tokensIn !== undefined && usage.tokensOut !== undefined) return usage;
  const answer = { role: 'assistant', content: text, toolCalls } as const;
  const { tokensIn = questionTokens(question), tokensOut = estimateTokens([answer]) } = usage;
  return { ...usage, tokensIn, tokensOut, estimated: true };
}
