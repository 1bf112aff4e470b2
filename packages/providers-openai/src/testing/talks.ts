import type { Message, ToolSpec } from '@orch/contracts';
import { dotPng } from '@orch/testkit';

/** What the official client and orch are asked. */
export const talks = {
  text: [{ role: 'user', content: 'Why?' }],
  system: [
    { role: 'system', content: 'Be brief.' },
    { role: 'user', content: 'Why?' },
  ],
  images: [{ role: 'user', content: 'What is it?', images: [{ mediaType: 'image/png', data: dotPng }] }],
  toolResults: [
    { role: 'user', content: 'Read both.' },
    {
      role: 'assistant',
      content: '',
      toolCalls: [
        { id: 'call_a', name: 'fs__read', arguments: '{"path":"a"}' },
        { id: 'call_b', name: 'fs__read', arguments: '{"path":"b"}' },
      ],
    },
    { role: 'tool', callId: 'call_a', name: 'fs__read', content: 'one' },
    { role: 'tool', callId: 'call_b', name: 'fs__read', content: 'no such file', isError: true },
    { role: 'assistant', content: 'Shall I go on?' },
    { role: 'user', content: 'Yes.' },
  ],
} as const satisfies Record<string, readonly Message[]>;

/** Of the arguments of both tools. */
export const inputSchema = { type: 'object', properties: { path: { type: 'string' } } };

export const tools: readonly ToolSpec[] = [
  { name: 'fs__read', description: 'Reads a file.', inputSchema },
  { name: 'fs__list', inputSchema },
];

/** The image, as a URL. */
export const dotUrl = `data:image/png;base64,${dotPng}`;
