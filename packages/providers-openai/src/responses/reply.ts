import { OrchError } from '@orch/contracts';
import type { FinishReason, Reply, ToolCall, Usage } from '@orch/contracts';
import { cutStream, quoted, readSse } from '@orch/providers-core';
import type { AnswerDelta, BodyReader, Say } from '@orch/providers-core';
import { countOf, fieldsOf, listOf, parseEvent, statedError, textOf, withoutError } from '../answer-body.ts';
import type { Fields } from '../answer-body.ts';
import { callsIn, takeCall } from './calls.ts';
import type { OpenCalls } from './calls.ts';

/**
 * A streamed answer: typed events for each piece of text and of calls, the last of them with the whole response. What
 * the pieces left out is taken from that.
 */
export function readStream(): BodyReader<AnswerDelta, Reply> {
  const draft = newDraft();
  return readSse({
    take({ data }, say) {
      if (data === '[DONE]') return undefined;
      const event = parseEvent(data);
      take(event, draft, say);
      const response = responseOf(event);
      if (response === undefined) return undefined;
      fill(draft, response, say);
      return toReply(draft, response);
    },
    end() {
      throw cutStream();
    },
  });
}

/** The same in one value, from a server that does not stream. */
export function readReply(body: unknown): Reply {
  const response = withoutError(body);
  const draft = newDraft();
  fill(draft, response, () => {});
  return toReply(draft, response);
}

type Draft = { text: string; refused: boolean; readonly calls: ToolCall[]; readonly open: OpenCalls };

function newDraft(): Draft {
  return { text: '', refused: false, calls: [], open: new Map() };
}

/** Adds an event to the draft. A refusal is text too. */
function take(event: Fields, draft: Draft, say: Say<AnswerDelta>): void {
  switch (event['type']) {
    case 'response.output_text.delta':
      return addText(draft, textOf(event['delta']), say);
    case 'response.refusal.delta':
      draft.refused = true;
      return addText(draft, textOf(event['delta']), say);
    case 'response.output_item.added':
    case 'response.output_item.done':
    case 'response.function_call_arguments.delta':
    case 'response.function_call_arguments.done': {
      const call = takeCall(draft.open, event);
      if (call !== undefined) addCall(draft, call, say);
    }
  }
}

function addText(draft: Draft, text: string, say: Say<AnswerDelta>): void {
  draft.text += text;
  if (text !== '') say({ type: 'text', text });
}

function addCall(draft: Draft, call: ToolCall, say: Say<AnswerDelta>): void {
  draft.calls.push(call);
  say({ type: 'tool_call', call });
}

const lastEvents: readonly unknown[] = [
  'response.completed',
  'response.incomplete',
  'response.failed',
  'response.cancelled',
];

/** The response that the last event carries. */
function responseOf({ type, response }: Fields): Fields | undefined {
  if (!lastEvents.includes(type)) return undefined;
  return { status: String(type).slice('response.'.length), ...fieldsOf(response) };
}

/** Adds the text and the calls of the whole response, where none of them came in pieces. What it thought is no text. */
function fill(draft: Draft, response: Fields, say: Say<AnswerDelta>): void {
  const output = listOf(response['output']);
  const messages = draft.text === '' ? output.filter(({ type }) => type === 'message') : [];
  const parts = messages.flatMap(({ content }) => listOf(content));
  for (const { text, refusal } of parts) addText(draft, textOf(text) + textOf(refusal), say);
  draft.refused ||= parts.some(({ type }) => type === 'refusal');
  const calls = draft.calls.length === 0 ? callsIn(output) : [];
  for (const call of calls) addCall(draft, call, say);
}

function toReply(draft: Draft, response: Fields): Reply {
  const { text, calls } = draft;
  const { model, usage } = response;
  return {
    text,
    ...(calls.length > 0 && { toolCalls: calls }),
    finishReason: toFinishReason(draft, response),
    usage: toUsage(fieldsOf(usage)),
    ...(textOf(model) !== '' && { modelReported: textOf(model) }),
  };
}

function toFinishReason({ refused, calls }: Draft, response: Fields): FinishReason {
  const { status, incomplete_details: details } = response;
  const isFiltered = fieldsOf(details)['reason'] === 'content_filter';
  if (status === 'failed' || status === 'cancelled') throw statedError(response);
  if (status !== 'completed' && status !== 'incomplete') throw noAnswer(response);
  if (refused || isFiltered) return 'refused';
  if (status === 'incomplete') return 'length';
  return calls.length > 0 ? 'tool_calls' : 'stop';
}

function toUsage({ input_tokens, output_tokens, input_tokens_details }: Fields): Usage {
  return {
    tokensIn: countOf(input_tokens),
    tokensOut: countOf(output_tokens),
    tokensCached: countOf(fieldsOf(input_tokens_details)['cached_tokens']),
  };
}

function noAnswer(response: Fields): OrchError {
  const came = quoted(JSON.stringify(response));
  return new OrchError('bad_response', `Expected a response that is completed or incomplete, got \`${came}\`.`);
}
