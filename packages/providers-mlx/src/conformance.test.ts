import { providerConformance } from '@orch/testkit';
import type { Said } from '@orch/testkit';
import { createMlx } from './provider.ts';
import { chunk } from './testing/exchange.ts';

const event = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

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
    ...texts.map((content) => event(chunk({ content }))),
    ...called.map((call) => event(chunk({ tool_calls: [call] }))),
    event(chunk({}, finish)),
    ...(counts === undefined ? [] : [event({ choices: [], usage: counts })]),
    'data: [DONE]\n\n',
  ];
}

providerConformance({
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
});
