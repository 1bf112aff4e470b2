import { OrchError } from '@orch/contracts';
import type { FinishReason, Reply, ToolCall } from '@orch/contracts';
import type { AnswerDelta, Say } from '@orch/providers-core';
import { answerTool } from './answer-tool.ts';
import { toUsage } from './usage.ts';
import type { UsageFields } from './usage.ts';

/** What a server sends, before anything is known of it. */
export type Fields = Readonly<Record<string, unknown>>;

/** What is known of an answer so far. */
export type Draft = {
  text: string;
  /** What the tool that gives the answer was called with. */
  answer: string | undefined;
  readonly calls: ToolCall[];
  /** The last call, until it is known that the answer was not cut in it. */
  held: ToolCall | undefined;
  /** Calls whose arguments are still coming, by the place of their block. */
  readonly open: Map<unknown, { readonly id: string; readonly name: string; readonly input: unknown; written: string }>;
  model: unknown;
  stop: FinishReason;
  usage: UsageFields;
};

export function newDraft(): Draft {
  const open = new Map<never, never>();
  return { text: '', answer: undefined, calls: [], held: undefined, open, model: undefined, stop: 'other', usage: {} };
}

type Saying = Say<AnswerDelta>;

/** The number of tokens that are answered is no more than a beginning here. */
export function startMessage(draft: Draft, { message }: Fields): void {
  const { model, usage } = fieldsOf(message);
  const { output_tokens: _, ...asked }: UsageFields = fieldsOf(usage);
  draft.model = model;
  draft.usage = asked;
}

export function openBlock(draft: Draft, { index, content_block: block }: Fields, say: Saying): void {
  const { type, id, name, input, text } = fieldsOf(block);
  callHeld(draft, say);
  if (type === 'text') sayText(draft, text, say);
  if (type === 'tool_use') draft.open.set(index, { id: textOf(id), name: textOf(name), input, written: '' });
}

export function addToBlock(draft: Draft, { index, delta }: Fields, say: Saying): void {
  const { type, text, partial_json: json } = fieldsOf(delta);
  if (type === 'text_delta') return sayText(draft, text, say);
  const call = type === 'input_json_delta' ? draft.open.get(index) : undefined;
  const piece = textOf(json);
  if (call === undefined || piece === '') return;
  call.written += piece;
  if (call.name === answerTool) say({ type: 'text', text: piece });
}

function sayText(draft: Draft, value: unknown, say: Saying): void {
  const text = textOf(value);
  if (text === '') return;
  draft.text += text;
  say({ type: 'text', text });
}

/** Arguments come in pieces; from servers that do not stream them, they are there from the start. */
export function closeBlock(draft: Draft, { index }: Fields, say: Saying): void {
  const block = draft.open.get(index);
  if (block === undefined) return;
  draft.open.delete(index);
  const { id, name, input, written } = block;
  const args = written === '' ? JSON.stringify(input ?? {}) : written;
  callHeld(draft, say);
  if (name !== answerTool) draft.held = { id, name, arguments: args };
  else {
    draft.answer = args;
    if (written === '') say({ type: 'text', text: args });
  }
}

/** Counts here are of the whole answer; what is not counted again is null. */
export function endMessage(draft: Draft, { delta, usage }: Fields, say: Saying): void {
  const { stop_reason: reason } = fieldsOf(delta);
  if (reason === 'pause_turn') throw paused();
  draft.stop = finishReasons.get(reason) ?? 'other';
  const counted = Object.entries(fieldsOf(usage)).filter(([, count]) => count !== null);
  draft.usage = { ...draft.usage, ...Object.fromEntries(counted) };
  if (draft.stop === 'length' && !isJson(draft.held?.arguments ?? '')) draft.held = undefined;
  callHeld(draft, say);
}

/** https://platform.claude.com/docs/en/build-with-claude/handling-stop-reasons */
const finishReasons: ReadonlyMap<unknown, FinishReason> = new Map<string, FinishReason>([
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_use', 'tool_calls'],
  ['refusal', 'refused'],
]);

/** Only tools that the server runs itself make it pause, and none of them is asked for: the rest is not to be had. */
function paused(): OrchError {
  return new OrchError('bad_response', 'Expected the whole answer, the server paused in it (`pause_turn`).', {
    hint: 'It runs tools of its own: turn them off there.',
    retryable: false,
  });
}

function callHeld(draft: Draft, say: Saying): void {
  const { held: call } = draft;
  if (call === undefined) return;
  draft.held = undefined;
  draft.calls.push(call);
  say({ type: 'tool_call', call });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}

/** An answer that was given beside calls is not the last one yet. */
export function toReply({ text, answer, calls, model, stop, usage }: Draft): Reply {
  const isGiven = answer !== undefined && calls.length === 0;
  const wentWell = stop !== 'length' && stop !== 'refused';
  const reached = calls.length > 0 ? 'tool_calls' : isGiven ? 'stop' : stop;
  return {
    text: isGiven ? answer : text,
    ...(calls.length > 0 && { toolCalls: calls }),
    finishReason: wentWell ? reached : stop,
    usage: toUsage(usage),
    ...(typeof model === 'string' && model !== '' && { modelReported: model }),
  };
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
