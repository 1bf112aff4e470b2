import type { OrchEvent } from '@orch/sdk';
import { expect, test } from 'vitest';
import { noticeTeller } from './notices.ts';
import type { Terminal } from './terminal.ts';

const terminal = { paint: (_: unknown, text: string) => text } as Terminal;

const who = { provider: 'openai', model: 'm' };

/** What a person is told of events, each with the second it came at. */
function told(events: readonly (readonly [number, string, object, string?])[]): (string | undefined)[] {
  const tell = noticeTeller(terminal);
  return events.map(([at, type, data, item]) => {
    const ts = new Date(at * 1000).toISOString();
    return tell({ ts, type, data, ...(item !== undefined && { item }) } as unknown as OrchEvent, 'ask');
  });
}

test('a wait is told once until it is over, short ones and those for a place not at all', () => {
  const throttled = (wait_s: number, limit: string) => ['provider.throttled', { ...who, wait_s, limit }] as const;
  expect(
    told([
      [0, ...throttled(12, 'requests')],
      [3, ...throttled(9, 'requests')],
      [3, ...throttled(9, 'tokens')],
      [12, ...throttled(5, 'requests')],
      [20, ...throttled(0.3, 'requests')],
      [20, ...throttled(30, 'parallel')],
      [20, ...throttled(3600, 'retry_after')],
    ]),
  ).toEqual([
    '  ~ openai:m  waits 12 s for its requests per minute',
    undefined,
    '  ~ openai:m  waits 9.0 s for its tokens per minute',
    '  ~ openai:m  waits 5.0 s for its requests per minute',
    undefined,
    undefined,
    '  ~ openai:m  waits 60 min 0 s for as long as it asks for',
  ]);
});

test('an outage is told, and its end', () => {
  expect(
    told([
      [0, 'circuit.opened', { ...who, cooldown_s: 30 }],
      [30, 'circuit.half_open', who],
      [30, 'circuit.closed', who],
    ]),
  ).toEqual(['  ! openai:m  keeps failing: is not asked for 30 s', undefined, '  ~ openai:m  answers again']);
});

test('a warning is told once; a call of a tool is, unless an item makes it, and always when it fails', () => {
  const warned = ['provider.warned', { ...who, message: 'left out: seed\u001b[2J' }] as const;
  const called = ['tool.called', { call: 'c1', name: 'files.read', args_sha256: '' }] as const;
  const failed = ['tool.returned', { call: 'c1', output: {}, is_error: true }] as const;
  expect(
    told([
      [0, ...warned],
      [1, ...warned],
      [2, ...called],
      [2, ...called, 'one'],
      [3, 'tool.returned', { call: 'c1', output: {} }],
      [4, ...failed],
    ]),
  ).toEqual([
    '  ! openai:m  left out: seed',
    undefined,
    '  → ask  files.read',
    undefined,
    undefined,
    '  → ask  files.read answers with an error',
  ]);
});
