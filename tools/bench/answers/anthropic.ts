import { streamedAnswer, wholeAnswer } from './http-answer.ts';
import type { Answers } from './http-answer.ts';
import { answerText, pieces, tokens } from './texts.ts';

/** Messages. */
export const anthropic: Answers = {
  path: '/v1/messages',
  whole: () => wholeAnswer({ type: 'application/json', headers }, wholeMessage()),
  streamed: () => streamedAnswer({ type: 'text/event-stream; charset=utf-8', headers }, events()),
};

const usage = {
  input_tokens: tokens.asked,
  cache_creation_input_tokens: 0,
  cache_read_input_tokens: 0,
  output_tokens: tokens.answered,
  service_tier: 'standard',
};
const message = {
  id: 'msg_01XFDUDYJgAACzvnptvVoYEL',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5-20251001',
  stop_sequence: null,
};

/** Those that somebody may read. */
const headers = [
  'anthropic-organization-id: 01234567-89ab-cdef-0123-456789abcdef',
  'anthropic-ratelimit-requests-limit: 30000',
  'anthropic-ratelimit-requests-remaining: 29999',
  'anthropic-ratelimit-requests-reset: 2026-02-03T10:00:00Z',
  'anthropic-ratelimit-tokens-limit: 150000000',
  'anthropic-ratelimit-tokens-remaining: 149999000',
  'anthropic-ratelimit-tokens-reset: 2026-02-03T10:00:00Z',
  'request-id: req_0123456789abcdef01234567',
];

function wholeMessage(): object {
  return { ...message, content: [{ type: 'text', text: answerText }], stop_reason: 'end_turn', usage };
}

function events(): string[] {
  const begun = { ...message, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } };
  const { output_tokens } = usage;
  return [
    { type: 'message_start', message: begun },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'ping' },
    ...pieces.map((text) => ({ type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text } })),
    { type: 'content_block_stop', index: 0 },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', stop_sequence: null }, usage: { output_tokens } },
    { type: 'message_stop' },
  ].map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`);
}
