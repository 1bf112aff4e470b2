import type { FakeVendor, Said } from '@orch/testkit';
import { createOllama } from '../provider.ts';
import { toLine } from './exchange.ts';

const line = (value: object): string => toLine({ model: 'some-model', ...value });
const says = (message: object): string =>
  line({ message: { role: 'assistant', content: '', ...message }, done: false });

function stream({ texts = [], calls = [], usage, finish = 'stop' }: Said): string[] {
  const counts = usage && { prompt_eval_count: usage.tokensIn, eval_count: usage.tokensOut };
  const toolCalls = calls.map(({ id, name, arguments: args }) => ({
    id,
    function: { name, arguments: JSON.parse(args) as unknown },
  }));
  return [
    ...texts.map((content) => says({ content })),
    ...toolCalls.map((call) => says({ tool_calls: [call] })),
    line({ message: { role: 'assistant', content: '' }, done: true, done_reason: finish, ...counts }),
  ];
}

/** Ollama, as its server talks. */
export const fakeVendor: FakeVendor = {
  create: createOllama,
  contentType: 'application/x-ndjson',
  stream,
  error: (message) => JSON.stringify({ error: message }),
  missing: (model) => JSON.stringify({ error: `model "${model}" not found, try pulling it first` }),
  about(models, { url }) {
    if (url === '/api/show') return JSON.stringify({ model_info: {} });
    return url === '/api/tags' ? JSON.stringify({ models: models.map((name) => ({ name })) }) : undefined;
  },
  finishes: [
    ['stop', 'stop'],
    ['length', 'length'],
    ['something_new', 'other'],
  ],
  namesCalls: true,
};
