import { OrchError } from '@orch/contracts';
import type { FinishReason, Reply, ToolCall, Usage } from '@orch/contracts';
import { cutStream, quoted, readSse } from '@orch/providers-core';
import type { AnswerDelta, BodyReader, Say } from '@orch/providers-core';
import { countOf, fieldsOf, listOf, parseEvent, textOf, withoutError } from '../answer-body.ts';
import type { Fields } from '../answer-body.ts';
import { addPiece, toCalls } from './calls.ts';
import type { OpenCall } from './calls.ts';

/** A streamed answer: chunks of text and of calls, one with the reason of its end, one with the usage, then `[DONE]`. */
export function readStream(): BodyReader<AnswerDelta, Reply> {
  const draft = newDraft();
  return readSse({
    take({ data }, say) {
      if (data !== '[DONE]') return void take(parseEvent(data), draft, say);
      draft.finish ??= 'other';
      sayCalls(draft, say);
      return toReply(draft);
    },
    end: () => toReply(draft),
  });
}

/** The same in one value, from a server that does not stream. */
export function readReply(body: unknown): Reply {
  const completion = withoutError(body);
  const draft = newDraft();
  take(completion, draft, () => {});
  if (listOf(completion['choices']).length === 0) throw noAnswer(body);
  return toReply({ ...draft, finish: draft.finish ?? 'other' });
}

type Draft = {
  text: string;
  readonly calls: OpenCall[];
  /** How many of them were handed on. */
  said: number;
  refused: boolean;
  finish: FinishReason | undefined;
  usage: Usage;
  model: string | undefined;
};

function newDraft(): Draft {
  return { text: '', calls: [], said: 0, refused: false, finish: undefined, usage: {}, model: undefined };
}

/** Adds a chunk to the draft. A refusal is text too. */
function take({ model, choices, usage }: Fields, draft: Draft, say: Say<AnswerDelta>): void {
  const [choice] = listOf(choices);
  const said = fieldsOf(choice?.['delta'] ?? choice?.['message']);
  const refusal = textOf(said['refusal']);
  const text = contentOf(said['content']) + refusal;
  draft.text += text;
  draft.refused ||= refusal !== '';
  if (text !== '') say({ type: 'text', text });
  for (const piece of listOf(said['tool_calls'])) addPiece(draft.calls, piece);
  const finish = toFinishReason(textOf(choice?.['finish_reason']));
  if (finish !== undefined) {
    draft.finish = finish;
    sayCalls(draft, say);
  }
  if (typeof usage === 'object' && usage !== null) draft.usage = toUsage(usage as Fields);
  draft.model = textOf(model) || draft.model;
}

/** That one of them is whole shows only when the answer ends. */
function sayCalls(draft: Draft, say: Say<AnswerDelta>): void {
  const calls = wholeCalls(draft);
  for (const call of calls.slice(draft.said)) say({ type: 'tool_call', call });
  draft.said = calls.length;
}

function toReply(draft: Draft): Reply {
  const { text, usage, model } = draft;
  const toolCalls = wholeCalls(draft);
  const reason = reasonOf(draft);
  return {
    text,
    ...(toolCalls.length > 0 && { toolCalls }),
    finishReason: toolCalls.length > 0 && !isCut(reason) ? 'tool_calls' : reason,
    usage,
    ...(model !== undefined && { modelReported: model }),
  };
}

/** Without the one that the answer was cut in. */
function wholeCalls(draft: Draft): ToolCall[] {
  return toCalls(isCut(reasonOf(draft)) ? draft.calls.slice(0, -1) : draft.calls);
}

function reasonOf({ finish, refused }: Draft): FinishReason {
  if (finish === undefined) throw cutStream();
  return refused ? 'refused' : finish;
}

function isCut(reason: FinishReason): boolean {
  return reason === 'length' || reason === 'refused';
}

const finishReasons: Readonly<Record<string, FinishReason>> = {
  stop: 'stop',
  end_turn: 'stop',
  stop_sequence: 'stop',
  length: 'length',
  max_tokens: 'length',
  model_length: 'length',
  model_context_window_exceeded: 'length',
  tool_calls: 'tool_calls',
  tool_use: 'tool_calls',
  content_filter: 'refused',
  refusal: 'refused',
};

/** The server broke the answer off: OpenRouter and vLLM, vLLM, DeepSeek. */
const failures: readonly string[] = ['error', 'abort', 'insufficient_system_resource'];

/** OpenAI's words, and those of models behind servers that hand on their own. Empty says that it goes on. */
function toFinishReason(reason: string): FinishReason | undefined {
  if (failures.includes(reason)) throw brokeOff(reason);
  return reason === '' ? undefined : (finishReasons[reason] ?? 'other');
}

function toUsage({ prompt_tokens, completion_tokens, prompt_tokens_details }: Fields): Usage {
  return {
    tokensIn: countOf(prompt_tokens),
    tokensOut: countOf(completion_tokens),
    tokensCached: countOf(fieldsOf(prompt_tokens_details)['cached_tokens']),
  };
}

/** Mostly a text; from some servers its parts, of which thoughts are left out. */
function contentOf(content: unknown): string {
  if (!Array.isArray(content)) return textOf(content);
  return listOf(content)
    .map(({ text }) => textOf(text))
    .join('');
}

function brokeOff(reason: string): OrchError {
  return new OrchError('server', `Expected the whole answer, the server broke it off with \`${reason}\`.`);
}

function noAnswer(body: unknown): OrchError {
  const came = quoted(JSON.stringify(body) ?? 'nothing');
  return new OrchError('bad_response', `Expected a completion with its choices, got \`${came}\`.`);
}
