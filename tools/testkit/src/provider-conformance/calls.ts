import type { ToolCall, ToolSpec } from '@orch/contracts';

export const calls: readonly ToolCall[] = [
  { id: 'call_a', name: 'weather', arguments: '{"city":"Köln","days":2}' },
  { id: 'call_b', name: 'time', arguments: '{"zone":"CET"}' },
];
export const tools: readonly ToolSpec[] = [
  {
    name: 'weather',
    description: 'Tells the weather.',
    inputSchema: { type: 'object', properties: { city: {}, days: {} } },
  },
  { name: 'time', description: 'Tells the time.', inputSchema: { type: 'object', properties: { zone: {} } } },
];
