import { streamedAnswer, wholeAnswer } from './http-answer.ts';
import type { Answers } from './http-answer.ts';
import { answerText, pieces, tokens } from './texts.ts';

/** Chat completions. */
export const openai: Answers = {
  path: '/v1/chat/completions',
  whole: () => wholeAnswer({ type: 'application/json', headers }, completion()),
  streamed: () => streamedAnswer({ type: 'text/event-stream; charset=utf-8', headers }, events()),
};

const usage = {
  prompt_tokens: tokens.asked,
  completion_tokens: tokens.answered,
  total_tokens: tokens.asked + tokens.answered,
};
const common = {
  id: 'chatcmpl-B8dQ1xw0n3Yk5sVzT7uJqKfLhG2aR',
  created: 1_770_000_000,
  model: 'gpt-4o-mini-2024-07-18',
};

/** Those that somebody may read. */
const headers = [
  'openai-processing-ms: 512',
  'openai-version: 2020-10-01',
  'x-ratelimit-limit-requests: 30000',
  'x-ratelimit-limit-tokens: 150000000',
  'x-ratelimit-remaining-requests: 29999',
  'x-ratelimit-remaining-tokens: 149999000',
  'x-ratelimit-reset-requests: 2ms',
  'x-ratelimit-reset-tokens: 0s',
  'x-request-id: req_0123456789abcdef0123456789abcdef',
];

function completion(): object {
  const message = { role: 'assistant', content: answerText, refusal: null, annotations: [] };
  const choices = [{ index: 0, message, logprobs: null, finish_reason: 'stop' }];
  return { ...common, object: 'chat.completion', choices, usage };
}

function events(): string[] {
  const event = (choices: readonly object[], counted: object | null) =>
    JSON.stringify({ ...common, object: 'chat.completion.chunk', service_tier: 'default', choices, usage: counted });
  const choice = (delta: object, finish_reason: string | null) => [{ index: 0, delta, logprobs: null, finish_reason }];
  return [
    event(choice({ role: 'assistant', content: '', refusal: null }, null), null),
    ...pieces.map((content) => event(choice({ content }, null), null)),
    event(choice({}, 'stop'), null),
    event([], usage),
    '[DONE]',
  ].map((data) => `data: ${data}\n\n`);
}
