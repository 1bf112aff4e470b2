import type { FinishReason, Reply } from '@orch/contracts';
import { classifyHttp, cutStream, decodeNdjson } from '@orch/providers-core';
import type { AnswerDelta } from '@orch/providers-core';

/** One line of the answer, as far as it is read. */
type Line = {
  readonly model?: unknown;
  readonly message?: { readonly content?: unknown } | null;
  readonly done?: unknown;
  readonly done_reason?: unknown;
  readonly prompt_eval_count?: unknown;
  readonly eval_count?: unknown;
  readonly error?: unknown;
};

/** A streamed answer: lines of text, then one with `done: true` and the counts. */
export async function* readDeltas(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<AnswerDelta, Reply> {
  let text = '';
  for await (const value of decodeNdjson(chunks)) {
    const line = toLine(value);
    const piece = textOf(line);
    if (piece !== '') {
      text += piece;
      yield { type: 'text', text: piece };
    }
    if (line.done === true) return toReply(line, text);
  }
  throw cutStream();
}

/** The same in one value, from a server that does not stream. */
export function readReply(body: unknown): Reply {
  const line = toLine(body);
  if (line.done !== true) throw cutStream();
  return toReply(line, textOf(line));
}

function toLine(value: unknown): Line {
  const line: Line = typeof value === 'object' && value !== null ? value : {};
  if (line.error !== undefined) throw classifyHttp(200, {}, line);
  return line;
}

function textOf({ message }: Line): string {
  return typeof message?.content === 'string' ? message.content : '';
}

function toReply(line: Line, text: string): Reply {
  return {
    text,
    finishReason: finishReasonOf(line.done_reason),
    usage: { tokensIn: countOf(line.prompt_eval_count), tokensOut: countOf(line.eval_count) },
    ...(typeof line.model === 'string' && { modelReported: line.model }),
  };
}

/** Servers before 0.1.36 give no reason. */
function finishReasonOf(reason: unknown): FinishReason {
  if (reason === undefined || reason === 'stop') return 'stop';
  return reason === 'length' ? 'length' : 'other';
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
