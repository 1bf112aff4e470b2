import { OrchError } from '@orch/contracts';
import type { Reply, ToolCall } from '@orch/contracts';
import type { AnswerDelta } from '@orch/providers-core';
import { expect, test } from 'vitest';
import { readReply, readStream } from './reply.ts';

type Event = { readonly type?: string; readonly [field: string]: unknown };

/** What is handed on, and the whole, of a stream of these events. */
function read(...events: readonly Event[]): { readonly said: AnswerDelta[]; readonly reply: Reply } {
  const said: AnswerDelta[] = [];
  const reader = readStream();
  const say = (part: AnswerDelta) => void said.push(part);
  const lines = events.map((event) => `event: ${String(event.type)}\ndata: ${JSON.stringify(event)}\n\n`);
  const bytes = Buffer.from(lines.join(''));
  return { reply: reader.push(bytes, say) ?? reader.end(say), said };
}

function failureOf(work: () => unknown): OrchError {
  try {
    work();
  } catch (error) {
    if (OrchError.is(error)) return error;
  }
  return expect.unreachable('expected an OrchError');
}

const text = (delta: string) => ({ type: 'response.output_text.delta', output_index: 0, item_id: 'msg', delta });
const end = (type: string, response: object) => ({
  type: `response.${type}`,
  response: { status: type, model: 'gpt-x-1', error: null, incomplete_details: null, ...response },
});
const completed = (response: object = {}) => end('completed', response);
const usage = { input_tokens: 12, output_tokens: 3, input_tokens_details: { cached_tokens: 8 } };

const a: ToolCall = { id: 'call_a', name: 'read', arguments: '{"path":"a"}' };
const b: ToolCall = { id: 'call_b', name: 'read', arguments: '{"path":"b"}' };
const item = ({ id, name, arguments: args }: ToolCall, status = 'completed') => ({
  type: 'function_call',
  id: `fc_${id}`,
  call_id: id,
  name,
  arguments: args,
  status,
});
const added = (output_index: number, call: ToolCall) => ({
  type: 'response.output_item.added',
  output_index,
  item: item({ ...call, arguments: '' }, 'in_progress'),
});
const args = (output_index: number, delta: string) => ({
  type: 'response.function_call_arguments.delta',
  output_index,
  delta,
});
const argsDone = (output_index: number, call: ToolCall) => ({
  type: 'response.function_call_arguments.done',
  output_index,
  arguments: call.arguments,
});
const done = (output_index: number, call: ToolCall, status?: string) => ({
  type: 'response.output_item.done',
  output_index,
  item: item(call, status),
});

test('text, usage and the end are read from the stream, and nothing else', () => {
  const { said, reply } = read(
    { type: 'response.created', response: { status: 'in_progress', error: null } },
    { type: 'response.output_item.added', output_index: 0, item: { type: 'reasoning', summary: [] } },
    { type: 'response.reasoning_summary_text.delta', output_index: 0, delta: 'Hm.' },
    { type: 'response.output_item.done', output_index: 0, item: { type: 'reasoning', summary: [] } },
    text('Be'),
    text('cause'),
    { type: 'response.output_text.done', output_index: 0, text: 'Because' },
    completed({ usage, output: [{ type: 'message', content: [{ type: 'output_text', text: 'Because' }] }] }),
  );
  expect(said).toEqual([
    { type: 'text', text: 'Be' },
    { type: 'text', text: 'cause' },
  ]);
  expect(reply).toEqual({
    text: 'Because',
    finishReason: 'stop',
    usage: { tokensIn: 12, tokensOut: 3, tokensCached: 8 },
    modelReported: 'gpt-x-1',
  });
});

test.each([
  [
    'in parallel pieces',
    [
      added(0, a),
      added(1, b),
      args(0, '{"path"'),
      args(1, b.arguments),
      args(0, ':"a"}'),
      argsDone(0, a),
      done(0, a),
      argsDone(1, b),
      done(1, b),
      completed({ output: [item(a), item(b)] }),
    ],
  ],
  ['as whole items', [done(0, a), done(1, b), completed()]],
  ['without the item at their end', [added(0, a), argsDone(0, a), added(1, b), argsDone(1, b), completed()]],
  [
    'with pieces of arguments only',
    [added(0, a), args(0, a.arguments), done(0, { ...a, arguments: '' }), done(1, b), completed()],
  ],
  ['in the whole response only', [completed({ output: [item(a), item(b)] })]],
])('calls that come %s are handed on whole, once', (_, events) => {
  const { said, reply } = read(...events);
  expect(said).toEqual([
    { type: 'tool_call', call: a },
    { type: 'tool_call', call: b },
  ]);
  expect(reply).toMatchObject({ toolCalls: [a, b], finishReason: 'tool_calls' });
});

test.each([
  ['incomplete', { incomplete_details: { reason: 'max_output_tokens' } }, 'length'],
  ['incomplete', { incomplete_details: { reason: 'content_filter' } }, 'refused'],
  ['incomplete', {}, 'length'],
  ['completed', {}, 'stop'],
])('%s with %j is %s', (type, response, finishReason) => {
  expect(read(text('x'), end(type, response)).reply).toMatchObject({ text: 'x', finishReason });
});

test('the call in which an answer ended is left out', () => {
  const cut = { ...b, arguments: '{"pa' };
  const events = [done(0, a), added(1, b), args(1, '{"pa'), done(1, cut, 'incomplete')];
  const { reply } = read(...events, end('incomplete', { output: [item(a), item(cut, 'incomplete')] }));
  expect(reply).toMatchObject({ toolCalls: [a], finishReason: 'length' });
});

test('a refusal is a refused answer with its words', () => {
  const streamed = read({ type: 'response.refusal.delta', output_index: 0, delta: 'I cannot.' }, completed());
  const whole = read(
    completed({ output: [{ type: 'message', content: [{ type: 'refusal', refusal: 'I cannot.' }] }] }),
  );
  for (const { reply } of [streamed, whole])
    expect(reply).toMatchObject({ text: 'I cannot.', finishReason: 'refused' });
});

const thoughts = { type: 'reasoning', summary: [], content: [{ type: 'reasoning_text', text: 'Hm.' }] };
const said = (words: string) => ({ type: 'message', content: [{ type: 'output_text', text: words }] });

test.each([
  ['beside text', completed({ output: [thoughts, said('So.')] }), { text: 'So.', finishReason: 'stop' }],
  [
    'beside a call',
    completed({ output: [thoughts, item(a)] }),
    { text: '', toolCalls: [a], finishReason: 'tool_calls' },
  ],
  ['and no more', end('incomplete', { output: [thoughts] }), { text: '', finishReason: 'length' }],
])('thoughts %s are no text, streamed or not', (_, last, reply) => {
  const streamed = read({ type: 'response.reasoning_text.delta', output_index: 0, delta: 'Hm.' }, last);
  expect([streamed.reply, readReply(last.response)]).toMatchObject([reply, reply]);
});

const failed = (code: string) => end('failed', { error: { code, message: 'words' } });

test.each([
  ['that ends before its end', [text('Be')], 'network'],
  ['that failed on the server', [text('Be'), failed('server_error')], 'server'],
  ['that failed for too many requests', [failed('rate_limit_exceeded')], 'rate_limit'],
  ['that failed for its prompt', [failed('invalid_prompt')], 'refused'],
  ['that failed for its image', [failed('image_too_large')], 'bad_request'],
  ['that was canceled there', [end('cancelled', {})], 'server'],
  ['with an error event', [{ type: 'error', code: 'insufficient_quota', message: 'no money', param: null }], 'quota'],
  ['with an error event around an error', [{ type: 'error', error: { code: 'invalid_api_key' } }], 'auth'],
  ['with a status inside', [{ error: { code: 402, message: 'no money' } }], 'quota'],
] as const)('a stream %s is no answer', (_, events, code) => {
  expect(failureOf(() => read(...events)).code).toBe(code);
});

test('what a failed response says is quoted', () => {
  expect(failureOf(() => read(failed('server_error'))).message).toContain('words');
});

test('a response that was not streamed is understood too', () => {
  const content = [{ type: 'output_text', text: 'All at once' }];
  const whole = { object: 'response', status: 'completed', error: null, model: 'm', usage };
  expect(readReply({ ...whole, output: [{ type: 'message', content }, item(a)] })).toEqual({
    text: 'All at once',
    toolCalls: [a],
    finishReason: 'tool_calls',
    usage: { tokensIn: 12, tokensOut: 3, tokensCached: 8 },
    modelReported: 'm',
  });
  expect(failureOf(() => readReply({ choices: [] })).code).toBe('bad_response');
  expect(failureOf(() => readReply({ status: 'failed', error: { code: 'server_error' } })).code).toBe('server');
});
