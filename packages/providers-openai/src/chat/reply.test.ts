import type { OrchError, Reply, ToolCall } from '@orch/contracts';
import type { AnswerDelta } from '@orch/providers-core';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readReply, readStream } from './reply.ts';

/** What is handed on, and the whole, of a stream of these chunks. */
function read(...chunks: (object | string)[]): { readonly said: AnswerDelta[]; readonly reply: Reply } {
  const said: AnswerDelta[] = [];
  const data = chunks.map((chunk) => (typeof chunk === 'string' ? chunk : JSON.stringify(chunk)));
  const reader = readStream();
  const say = (part: AnswerDelta) => void said.push(part);
  const bytes = Buffer.from(data.map((one) => `data: ${one}\n\n`).join(''));
  return { reply: reader.push(bytes, say) ?? reader.end(say), said };
}

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return (error as OrchError).code;
  }
  return 'none';
}

const chunk = (delta: object | null, finish_reason: string | null = null) => ({
  choices: [{ index: 0, delta, finish_reason }],
});
const pieces = (...tool_calls: object[]) => chunk({ tool_calls });
const start = (index: number | undefined, id: string | undefined, name: string, args: unknown = '') => ({
  ...(index !== undefined && { index }),
  ...(id !== undefined && { id }),
  type: 'function',
  function: { name, arguments: args },
});
const more = (index: number | undefined, args: string) => ({
  ...(index !== undefined && { index }),
  function: { arguments: args },
});
const a: ToolCall = { id: 'call_a', name: 'read', arguments: '{"path":"a"}' };
const b: ToolCall = { id: 'call_b', name: 'read', arguments: '{"path":"b"}' };

test('calls come in pieces, in parallel, and are handed on whole when the answer ends', () => {
  const { said, reply } = read(
    chunk({ role: 'assistant', content: 'Let me see.' }),
    pieces(start(0, a.id, 'read')),
    pieces(more(0, '{"path"')),
    pieces(start(1, b.id, 'read'), more(0, ':"a"}')),
    pieces(more(1, b.arguments)),
    chunk({}, 'tool_calls'),
    { choices: [], usage: { prompt_tokens: 5, completion_tokens: 2 } },
    '[DONE]',
  );
  expect(said).toEqual([
    { type: 'text', text: 'Let me see.' },
    { type: 'tool_call', call: a },
    { type: 'tool_call', call: b },
  ]);
  expect(reply).toMatchObject({
    text: 'Let me see.',
    toolCalls: [a, b],
    finishReason: 'tool_calls',
    usage: { tokensIn: 5, tokensOut: 2 },
  });
});

test('however the arguments are cut, the calls are the same', () => {
  const cut = fc.array(fc.string({ unit: 'grapheme' }), { maxLength: 5 });
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), fc.boolean(), (calls, isNumbered) => {
      const chunks = calls.flatMap((parts, at) => {
        const index = isNumbered ? at : undefined;
        return [start(index, `id_${at}`, 'read'), ...parts.map((part) => more(index, part))];
      });
      const { reply } = read(...chunks.map((one) => pieces(one)), chunk({}, 'tool_calls'));
      expect(reply.toolCalls?.map((call) => call.arguments)).toEqual(calls.map((parts) => parts.join('')));
    }),
  );
});

test.each([
  ['no number', [start(undefined, a.id, 'read', a.arguments), start(undefined, b.id, 'read', b.arguments)]],
  ['one number for all', [start(0, a.id, 'read', a.arguments), start(0, b.id, 'read', b.arguments)]],
  ['an object as arguments', [start(0, a.id, 'read', { path: 'a' }), start(1, b.id, 'read', { path: 'b' })]],
  [
    'the id and name with each piece',
    [
      start(0, a.id, 'read', '{"path":'),
      start(0, a.id, 'read', '"a"}'),
      start(1, b.id, 'read', b.arguments.slice(0, 3)),
      start(1, b.id, 'read', b.arguments.slice(3)),
    ],
  ],
  [
    'another id with each piece',
    [
      start(0, a.id, 'read', '{"path":'),
      { index: 0, id: 'x', function: { arguments: '"a"}' } },
      start(1, b.id, 'read', b.arguments),
    ],
  ],
])('calls with %s are told apart', (_, sent) => {
  const { reply } = read(...sent.map((one) => pieces(one)), chunk({}, 'tool_calls'), '[DONE]');
  expect(reply.toolCalls).toEqual([a, b]);
});

test('calls without an id are named after their place', () => {
  const whole = [start(undefined, undefined, 'read', '{}'), start(undefined, undefined, 'list')];
  const { reply } = read(pieces(...whole), chunk(null, 'stop'));
  expect(reply).toMatchObject({
    finishReason: 'tool_calls',
    toolCalls: [
      { id: 'call_1', name: 'read', arguments: '{}' },
      { id: 'call_2', name: 'list', arguments: '' },
    ],
  });
});

test.each(['length', 'content_filter'])('the call in which an answer ended by %s is left out', (reason) => {
  const sent = [pieces(start(0, a.id, 'read', a.arguments)), pieces(start(1, b.id, 'read', '{"pa'))];
  const { said, reply } = read(...sent, chunk({}, reason), '[DONE]');
  expect(reply).toMatchObject({ toolCalls: [a], finishReason: reason === 'length' ? 'length' : 'refused' });
  expect(said).toEqual([{ type: 'tool_call', call: a }]);
  expect(read(pieces(start(0, a.id, 'read', '{')), chunk({}, reason)).reply).not.toHaveProperty('toolCalls');
});

test.each([
  ['stop', 'stop'],
  ['end_turn', 'stop'],
  ['stop_sequence', 'stop'],
  ['length', 'length'],
  ['max_tokens', 'length'],
  ['model_context_window_exceeded', 'length'],
  ['tool_calls', 'tool_calls'],
  ['tool_use', 'tool_calls'],
  ['content_filter', 'refused'],
  ['refusal', 'refused'],
  ['pause_turn', 'other'],
  ['something_new', 'other'],
])('the end %s is %s', (reason, finishReason) => {
  expect(read(chunk({ content: 'x' }), chunk({}, reason)).reply).toMatchObject({ text: 'x', finishReason });
});

test.each([
  ['no [DONE]', [chunk({ content: 'Be' }), chunk({ content: 'cause' }, 'stop')], 'stop'],
  ['no reason for its end', [chunk({ content: 'Be' }), chunk({ content: 'cause' }), '[DONE]'], 'other'],
  ['empty reasons', [chunk({ content: 'Because' }, ''), chunk({}, 'stop'), chunk({}, '')], 'stop'],
  [
    'what Azure says first',
    [{ choices: [], prompt_filter_results: [{}] }, chunk({ content: 'Because' }, 'stop')],
    'stop',
  ],
  [
    'thoughts beside the text',
    [
      chunk({ reasoning_content: 'Hm.', content: null }),
      chunk({ reasoning: 'Hm.' }),
      chunk({ content: 'Because' }, 'stop'),
    ],
    'stop',
  ],
  [
    'its text in parts',
    [
      chunk({ content: [{ type: 'thinking', thinking: [{ type: 'text', text: 'Hm.' }] }] }),
      chunk(
        {
          content: [
            { type: 'text', text: 'Be' },
            { type: 'text', text: 'cause' },
          ],
        },
        'stop',
      ),
    ],
    'stop',
  ],
])('an answer with %s is understood', (_, chunks, finishReason) => {
  expect(read(...chunks).reply).toMatchObject({ text: 'Because', finishReason });
});

test.each([
  ['that ends before its end', [chunk({ content: 'Be' })], 'network'],
  ['with no money inside', [{ error: { message: 'no money', code: 'insufficient_quota' } }], 'quota'],
  ['with a status of OpenRouter inside', [{ error: { message: 'slow', code: 429 }, choices: [] }], 'rate_limit'],
  ['with an error of vLLM inside', [{ object: 'error', message: 'too long', code: 400 }], 'bad_request'],
  ['with a text as error inside', [{ error: 'model crashed' }], 'server'],
  ['that the server ends with error', [chunk({ content: 'Be' }), chunk({}, 'error'), '[DONE]'], 'server'],
  ['that the server ends with abort', [chunk({ content: 'Be' }), chunk({}, 'abort'), '[DONE]'], 'server'],
  ['that ends for want of resources', [chunk({}, 'insufficient_system_resource'), '[DONE]'], 'server'],
  ['with a chunk that is no JSON', ['{"choices": ['], 'bad_response'],
])('a stream %s is no answer', (_, chunks, code) => {
  expect(codeOf(() => read(...chunks))).toBe(code);
});

test('an answer that was not streamed is whole, also when it gives no reason for its end', () => {
  const message = { content: null, tool_calls: [start(undefined, a.id, 'read', a.arguments)] };
  expect(readReply({ choices: [{ message, finish_reason: null }], model: 'm', usage: null })).toEqual({
    text: '',
    toolCalls: [a],
    finishReason: 'tool_calls',
    usage: {},
    modelReported: 'm',
  });
  expect(readReply({ choices: [{ message: { content: 'So.' } }] })).toMatchObject({
    text: 'So.',
    finishReason: 'other',
  });
});

test.each([
  [{}, 'bad_response'],
  [null, 'bad_response'],
  [{ error: { message: 'no', type: 'server_error' } }, 'server'],
  [{ choices: [{ message: { content: 'Be' }, finish_reason: 'abort' }] }, 'server'],
])('%j is no completion', (body, code) => {
  expect(codeOf(() => readReply(body))).toBe(code);
});
