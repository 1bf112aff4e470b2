import { serverSent } from '@orch/testkit';
import type { FakeVendor, Said } from '@orch/testkit';
import { createOpenai } from '../provider.ts';

/** Of both interfaces. */
const server: Pick<FakeVendor, 'contentType' | 'error' | 'missing' | 'about' | 'namesCalls'> = {
  contentType: 'text/event-stream',
  error: (message) => JSON.stringify({ error: { message, type: 'some_error', param: null, code: null } }),
  missing: (model) =>
    JSON.stringify({ error: { message: `The model ${model} does not exist.`, code: 'model_not_found' } }),
  about: (models, { url }) =>
    url === '/models'
      ? JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model' })) })
      : undefined,
  namesCalls: true,
};

function streamChat({ texts = [], calls = [], usage, finish = calls.length > 0 ? 'tool_calls' : 'stop' }: Said) {
  const chunk = (delta: object, finish_reason: string | null = null): string =>
    serverSent({ model: 'some-model', choices: [{ index: 0, delta, finish_reason }] });
  const counts = usage && { prompt_tokens: usage.tokensIn, completion_tokens: usage.tokensOut };
  const named = calls.map(({ id, name }, index) =>
    chunk({ tool_calls: [{ index, id, type: 'function', function: { name, arguments: '' } }] }),
  );
  const halves = (text: string): string[] => [text.slice(0, 5), text.slice(5)];
  const filled = calls.flatMap(({ arguments: args }, index) =>
    halves(args).map((half) => chunk({ tool_calls: [{ index, function: { arguments: half } }] })),
  );
  return [
    ...texts.map((content) => chunk({ content })),
    ...named,
    ...filled,
    chunk({}, finish),
    ...(counts === undefined ? [] : [serverSent({ choices: [], usage: counts })]),
    serverSent('[DONE]'),
  ];
}

/** OpenAI, as chat completions talk. */
export const fakeChat: FakeVendor = {
  ...server,
  create: (settings, deps) => createOpenai({ ...settings, api: 'chat' }, deps),
  stream: streamChat,
  finishes: [
    ['stop', 'stop'],
    ['length', 'length'],
    ['content_filter', 'refused'],
    ['something_new', 'other'],
  ],
};

function streamResponse({ texts = [], calls = [], usage, finish }: Said): string[] {
  const counts = usage && { input_tokens: usage.tokensIn, output_tokens: usage.tokensOut };
  const items = calls.map(({ id, name, arguments: args }) => ({
    type: 'function_call',
    id: `fc_${id}`,
    call_id: id,
    name,
    arguments: args,
    status: 'completed',
  }));
  const output = [
    { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: texts.join('') }] },
    ...items,
  ];
  const status = finish === undefined || finish === 'completed' ? 'completed' : 'incomplete';
  const details = status === 'completed' ? null : { reason: finish };
  const response = { model: 'some-model', status, output, usage: counts ?? null, incomplete_details: details };
  return [
    ...texts.map((delta) => serverSent({ type: 'response.output_text.delta', output_index: 0, delta })),
    ...items.flatMap((item, at) => [
      serverSent({ type: 'response.output_item.added', output_index: at + 1, item: { ...item, arguments: '' } }),
      serverSent({
        type: 'response.function_call_arguments.delta',
        output_index: at + 1,
        item_id: item.id,
        delta: item.arguments,
      }),
      serverSent({ type: 'response.output_item.done', output_index: at + 1, item }),
    ]),
    serverSent({ type: `response.${status}`, response }),
  ];
}

/** OpenAI, as Responses talk. */
export const fakeResponses: FakeVendor = {
  ...server,
  create: (settings, deps) => createOpenai({ ...settings, api: 'responses' }, deps),
  stream: streamResponse,
  finishes: [
    ['completed', 'stop'],
    ['max_output_tokens', 'length'],
    ['content_filter', 'refused'],
  ],
};
