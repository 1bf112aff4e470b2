import { serverSent } from '@orch/testkit';
import type { FakeVendor, Said } from '@orch/testkit';
import { createMlx } from '../provider.ts';
import { chunk } from './exchange.ts';

/** Its server says each call in one piece. */
function stream({ texts = [], calls = [], usage, finish = calls.length > 0 ? 'tool_calls' : 'stop' }: Said): string[] {
  const counts = usage && { prompt_tokens: usage.tokensIn, completion_tokens: usage.tokensOut };
  const called = calls.map(({ id, name, arguments: args }, index) => ({
    index,
    id,
    type: 'function',
    function: { name, arguments: args },
  }));
  return [
    ...texts.map((content) => serverSent(chunk({ content }))),
    ...called.map((call) => serverSent(chunk({ tool_calls: [call] }))),
    serverSent(chunk({}, finish)),
    ...(counts === undefined ? [] : [serverSent({ choices: [], usage: counts })]),
    serverSent('[DONE]'),
  ];
}

/** `mlx_lm.server`, as it talks. */
export const fakeVendor: FakeVendor = {
  create: createMlx,
  contentType: 'text/event-stream',
  stream,
  error: (message) => JSON.stringify({ error: message }),
  missing: (model) => JSON.stringify({ error: `404 Client Error. Repository Not Found for ${model}` }),
  about: (models, { url }) =>
    url === '/models'
      ? JSON.stringify({ object: 'list', data: models.map((id) => ({ id, object: 'model' })) })
      : undefined,
  finishes: [
    ['stop', 'stop'],
    ['length', 'length'],
    ['something_new', 'other'],
  ],
  namesCalls: true,
};
