import type { FakeVendor, Said } from '@orch/testkit';
import { createAnthropic } from '../provider.ts';
import { callNamed, contentType, ended, stop, text, toSse } from './exchange.ts';

/** The first piece goes as far as the first of the text. What is not counted is left out at both ends. */
function stream({ texts = [], calls = [], usage, finish = calls.length > 0 ? 'tool_use' : 'end_turn' }: Said) {
  const begun = usage && { usage: { input_tokens: usage.tokensIn, output_tokens: 1 } };
  const message = { id: 'msg_1', type: 'message', role: 'assistant', model: 'some-model', content: [], ...begun };
  const [opened, ...said] = text(0, ...texts).map((event) => toSse([event]));
  const called = calls.flatMap(({ id, name, arguments: args }, at) =>
    callNamed(id, at + 1, name, '', args.slice(0, 5), args.slice(5)),
  );
  const [first = '', ...rest] = said;
  return [
    toSse([{ type: 'message_start', message }]) + opened + first,
    ...rest,
    ...called.map((event) => toSse([event])),
    toSse([ended(finish, usage && { output_tokens: usage.tokensOut }), stop]),
  ];
}

const error = (type: string, message: string): string =>
  JSON.stringify({ type: 'error', error: { type, message }, request_id: 'req_1' });

/** Anthropic, as its server talks in a version. */
export const fakeVendor = (apiVersion: '2023-06-01' | '2026-10-21'): FakeVendor => ({
  create: (settings, deps) => createAnthropic({ ...settings, apiVersion }, deps),
  contentType,
  stream,
  error: (message) => error('some_error', message),
  missing: (model) => error('not_found_error', `model: ${model}`),
  about: (models, { url }) =>
    url === '/v1/models?limit=1000'
      ? JSON.stringify({ data: models.map((id) => ({ type: 'model', id })), has_more: false })
      : undefined,
  finishes: [
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['model_context_window_exceeded', 'length'],
    ['refusal', 'refused'],
    ['compaction', 'other'],
    ['something_new', 'other'],
  ],
  namesCalls: true,
});
