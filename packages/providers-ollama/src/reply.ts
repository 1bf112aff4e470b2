import { OrchError } from '@orch/contracts';
import type { FinishReason, Reply, ToolCall } from '@orch/contracts';
import { classifyHttp, cutStream, quoted, readNdjson } from '@orch/providers-core';
import type { AnswerDelta, BodyReader } from '@orch/providers-core';

/** One line of the answer, as far as it is read; what a model thinks aloud is not. */
type Line = {
  readonly model?: unknown;
  readonly message?: { readonly content?: unknown; readonly tool_calls?: unknown } | null;
  readonly done?: unknown;
  readonly done_reason?: unknown;
  readonly prompt_eval_count?: unknown;
  readonly eval_count?: unknown;
  readonly error?: unknown;
};

/** A streamed answer: lines of text and of whole calls, then one with `done: true` and the counts. */
export function readDeltas(): BodyReader<AnswerDelta, Reply> {
  let text = '';
  const calls: ToolCall[] = [];
  return readNdjson({
    take(value, say) {
      const line = toLine(value);
      const piece = textOf(line);
      if (piece !== '') {
        text += piece;
        say({ type: 'text', text: piece });
      }
      for (const call of callsOf(line, calls.length)) {
        calls.push(call);
        say({ type: 'tool_call', call });
      }
      return line.done === true ? toReply(line, text, calls) : undefined;
    },
    end() {
      throw cutStream();
    },
  });
}

/** The same in one value, from a server that does not stream. */
export function readReply(body: unknown): Reply {
  const line = toLine(body);
  if (line.done !== true) throw cutStream();
  return toReply(line, textOf(line), callsOf(line, 0));
}

function toLine(value: unknown): Line {
  const line: Line = typeof value === 'object' && value !== null ? value : {};
  if (line.error !== undefined) throw classifyHttp(200, {}, line);
  return line;
}

function textOf({ message }: Line): string {
  return typeof message?.content === 'string' ? message.content : '';
}

type Call = { readonly id?: unknown; readonly function?: { readonly name?: unknown; readonly arguments?: unknown } };

/** The calls of one line, after so many before it. Older servers give them no ids. */
function callsOf({ message }: Line, before: number): readonly ToolCall[] {
  const calls = message?.tool_calls;
  return Array.isArray(calls) ? calls.map((call: Call | null, at) => toToolCall(call, before + at + 1)) : noCalls;
}

const noCalls: readonly ToolCall[] = [];

function toToolCall(call: Call | null, number: number): ToolCall {
  const { name, arguments: args = {} } = call?.function ?? {};
  if (typeof name !== 'string' || name === '') {
    const came = quoted(JSON.stringify(call));
    throw new OrchError('bad_response', `Expected a call that names its tool, got \`${came}\`.`);
  }
  const id = typeof call?.id === 'string' && call.id !== '' ? call.id : `call_${number}`;
  return { id, name, arguments: typeof args === 'string' ? args : JSON.stringify(args) };
}

function toReply(line: Line, text: string, calls: readonly ToolCall[]): Reply {
  const isEmpty = text === '' && calls.length === 0;
  if (isEmpty && (line.done_reason === 'load' || line.done_reason === 'unload')) throw notAsked(line.done_reason);
  return {
    text,
    ...(calls.length > 0 && { toolCalls: calls }),
    finishReason: finishReasonOf(line.done_reason, calls),
    usage: { tokensIn: countOf(line.prompt_eval_count), tokensOut: countOf(line.eval_count) },
    ...(typeof line.model === 'string' && { modelReported: line.model }),
  };
}

/** The model was put into memory or taken out of it, and asked nothing. */
function notAsked(reason: string): OrchError {
  return new OrchError('server', `Expected an answer, Ollama did no more than ${reason} the model.`);
}

/** Servers before 0.1.36 give no reason. */
function finishReasonOf(reason: unknown, calls: readonly ToolCall[]): FinishReason {
  if (reason === 'length') return 'length';
  if (calls.length > 0) return 'tool_calls';
  return reason === undefined || reason === 'stop' ? 'stop' : 'other';
}

function countOf(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}
