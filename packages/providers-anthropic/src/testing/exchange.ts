import type { ModelRequest, Provider } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { openProvider, question, streams } from '@orch/testkit';
import type { Answer, Opened } from '@orch/testkit';
import { createAnthropic } from '../provider.ts';

export function open(settings: SettingsInput = {}): Opened & { readonly anthropic: Provider } {
  const opened = openProvider(createAnthropic, settings);
  return { ...opened, anthropic: opened.provider };
}

export const ask = (changes: Partial<ModelRequest> = {}): ModelRequest => question({ model: 'claude-x', ...changes });

type Event = { readonly type: string; readonly [field: string]: unknown };

export const start: Event = {
  type: 'message_start',
  message: {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'claude-x-1',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 12, cache_creation_input_tokens: 5, cache_read_input_tokens: 100, output_tokens: 1 },
  },
};

export const stop: Event = { type: 'message_stop' };

export const ended = (reason: string, usage: object = { output_tokens: 7 }): Event => ({
  type: 'message_delta',
  delta: { stop_reason: reason, stop_sequence: null },
  usage,
});

/** The events of a block of text, in these pieces. */
export const text = (index: number, ...pieces: string[]): Event[] => [
  { type: 'content_block_start', index, content_block: { type: 'text', text: '' } },
  ...pieces.map((piece) => ({ type: 'content_block_delta', index, delta: { type: 'text_delta', text: piece } })),
  { type: 'content_block_stop', index },
];

/** The events of a call, its arguments in these pieces. */
export const call = (index: number, name: string, ...pieces: string[]): Event[] =>
  callNamed(`toolu_${index}`, index, name, ...pieces);

/** The same, of a call with this id. */
export const callNamed = (id: string, index: number, name: string, ...pieces: string[]): Event[] => [
  { type: 'content_block_start', index, content_block: { type: 'tool_use', id, name, input: {} } },
  ...pieces.map((partial_json) => ({
    type: 'content_block_delta',
    index,
    delta: { type: 'input_json_delta', partial_json },
  })),
  { type: 'content_block_stop', index },
];

export const toSse = (events: readonly Event[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

export const contentType = 'text/event-stream; charset=utf-8';

/** Answers with these events, as a stream. */
export const says = (...events: Event[]): Answer => streams(contentType, [toSse(events)]);

export const whole = [start, ...text(0, 'Because ', 'it is.'), ended('end_turn'), stop];
