import { streamedAnswer, wholeAnswer } from './http-answer.ts';
import type { Answers } from './http-answer.ts';
import { answerText, pieces, tokens } from './texts.ts';

/** The native chat. */
export const ollama: Answers = {
  path: '/api/chat',
  whole: () => wholeAnswer({ type: 'application/json; charset=utf-8', headers: [] }, ended(answerText)),
  streamed: () => streamedAnswer({ type: 'application/x-ndjson', headers: [] }, lines()),
};

const common = { model: 'llama3.2', created_at: '2026-02-03T10:00:00.123456789Z' };

/** Durations are in nanoseconds. */
const counts = {
  total_duration: 512_000_000,
  load_duration: 20_000_000,
  prompt_eval_count: tokens.asked,
  prompt_eval_duration: 90_000_000,
  eval_count: tokens.answered,
  eval_duration: 400_000_000,
};

function ended(content: string): object {
  return { ...common, message: { role: 'assistant', content }, done: true, done_reason: 'stop', ...counts };
}

function lines(): string[] {
  const said = (content: string) => ({ ...common, message: { role: 'assistant', content }, done: false });
  return [...pieces.map(said), ended('')].map((line) => `${JSON.stringify(line)}\n`);
}
