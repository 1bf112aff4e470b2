import type { Message } from '@orch/contracts';
import { expect, test } from 'vitest';
import { withSchemaTold } from './with-schema-told.ts';

const schema = { type: 'object', properties: { n: { type: 'integer' } } };
const asked = { step: 'a', sample: 0, messagesSha256: '0'.repeat(64) };
const ask = (messages: readonly Message[]) => withSchemaTold({ model: 'm', messages, options: {}, schema, asked });

const words = 'Answer with nothing but JSON that fits this JSON Schema:\n' + JSON.stringify(schema);
const system: Message = { role: 'system', content: 'Be brief.' };
const image = { mediaType: 'image/png', data: 'AA==' } as const;
const called: Message[] = [
  { role: 'assistant', content: '', toolCalls: [{ id: '1', name: 'look', arguments: '{}' }] },
  { role: 'tool', callId: '1', name: 'look', content: 'Rain.' },
];

test('a schema is told at the end of what was asked last, and not given any more', () => {
  const question = ask([system, { role: 'user', content: 'Why?', images: [image] }, ...called]);
  expect(question).not.toHaveProperty('schema');
  expect(question.messages).toEqual([
    system,
    { role: 'user', content: `Why?\n\n${words}`, images: [image] },
    ...called,
  ]);
});

test('where nobody asked anything, it is all that is asked', () => {
  expect(ask([system]).messages).toEqual([system, { role: 'user', content: words }]);
});
