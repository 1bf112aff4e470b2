import type { Message } from '@orch/contracts';
import { expect, test } from 'vitest';
import { toTurns } from './messages.ts';

const user = { role: 'user', content: 'Why?' } as const;

test.each<[string, Message[], unknown[]]>([
  ['an answer in which nothing was said', [user, { role: 'assistant', content: '' }, user], [user, user]],
  [
    'a picture without a word',
    [{ role: 'user', content: '', images: [{ mediaType: 'image/gif', data: 'R0lG' }] }],
    [{ role: 'user', content: [{ type: 'image', source: { type: 'base64', media_type: 'image/gif', data: 'R0lG' } }] }],
  ],
  [
    'arguments that are no object',
    [
      {
        role: 'assistant',
        content: '',
        toolCalls: [
          { id: '1', name: 'a', arguments: '{"town' },
          { id: '2', name: 'a', arguments: '[1]' },
        ],
      },
    ],
    [
      {
        role: 'assistant',
        content: [
          { type: 'tool_use', id: '1', name: 'a', input: { INVALID_JSON: '{"town' } },
          { type: 'tool_use', id: '2', name: 'a', input: { INVALID_JSON: '[1]' } },
        ],
      },
    ],
  ],
  [
    'results of one round and of the next',
    [
      { role: 'tool', callId: '1', name: 'a', content: 'x' },
      { role: 'tool', callId: '2', name: 'a', content: 'y' },
      { role: 'assistant', content: '', toolCalls: [{ id: '3', name: 'a', arguments: '{}' }] },
      { role: 'tool', callId: '3', name: 'a', content: 'z' },
    ],
    [
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: '1', content: 'x' },
          { type: 'tool_result', tool_use_id: '2', content: 'y' },
        ],
      },
      { role: 'assistant', content: [{ type: 'tool_use', id: '3', name: 'a', input: {} }] },
      { role: 'user', content: [{ type: 'tool_result', tool_use_id: '3', content: 'z' }] },
    ],
  ],
])('%s: as the API takes it', (_, messages, turns) => {
  expect(toTurns(messages)).toEqual(turns);
});
