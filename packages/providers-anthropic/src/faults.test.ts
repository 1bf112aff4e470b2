import { inspect } from 'node:util';
import { all, failureOf, hurried, mockModel, providerFaults, serve } from '@orch/testkit';
import { describe, expect, test } from 'vitest';
import { ask, open, says, start, text, whole } from './testing/exchange.ts';
import { fakeVendor } from './testing/fake-vendor.ts';

describe.each(['2023-06-01', '2026-10-21'] as const)('version %s', (apiVersion) => {
  providerFaults({ ...fakeVendor(apiVersion), mockPath: '', variable: 'ANTHROPIC_BASE_URL' });
});

test('an independent mock answers: text, calls of tools, and the list of its models', async () => {
  const mock = await mockModel();
  mock.onMessage('Look.', { toolCalls: [{ id: 'toolu_9', name: 'weather', arguments: '{"town":"Ulm"}' }] });
  const { anthropic, context } = open({ baseUrl: mock.url, apiKey: 'mock' });
  expect(await anthropic.complete(ask(), context)).toMatchObject({ text: 'Because it is so.', finishReason: 'stop' });
  const tools = [{ name: 'weather', inputSchema: { type: 'object' } }];
  const looked = await anthropic.complete(ask({ messages: [{ role: 'user', content: 'Look.' }], tools }), context);
  expect(looked).toMatchObject({
    toolCalls: [{ id: 'toolu_9', name: 'weather', arguments: '{"town":"Ulm"}' }],
    finishReason: 'tool_calls',
  });
  expect(await anthropic.models?.(context)).toContainEqual({ id: expect.stringMatching(/^claude-/) });
});

test('an error in the middle of a stream is asked again as one outside of it', async () => {
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } };
  const { url, seen } = await serve((response) =>
    says(...(seen.length > 1 ? whole : [start, ...text(0, 'Be'), overloaded]))(response),
  );
  const { anthropic, context, rests } = hurried(open({ baseUrl: url, maxRetries: 1 }));
  expect(await anthropic.complete(ask(), context)).toMatchObject({ text: 'Because it is.' });
  expect(rests).toEqual([{ ms: 250, reason: 'backoff' }]);
});

test('a stream that ends before message_stop is no answer', async () => {
  const { url } = await serve(says(...whole.slice(0, -1)));
  const { anthropic, context } = open({ baseUrl: url });
  expect(await failureOf(anthropic.complete(ask(), context))).toMatchObject({ code: 'network' });
  expect(await failureOf(all(anthropic.stream(ask(), context)))).toMatchObject({ code: 'network' });
});

test.each([{ apiVersion: '2023-06-01' }, { apiVersion: '2026-10-21' }])(
  'a key that the server says again is not told on: %o',
  async (settings) => {
    const { url } = await serve((response, { headers }) => {
      const message = `invalid key ${headers['x-api-key']?.toString() ?? headers.authorization}`;
      response.writeHead(401).end(JSON.stringify({ type: 'error', error: { type: 'authentication_error', message } }));
    });
    const { anthropic, context } = open({ baseUrl: url, apiKey: 'very-much-secret', ...settings });
    const error = await failureOf(anthropic.complete(ask(), context));
    expect(error).toMatchObject({ code: 'auth', hint: expect.stringContaining('ANTHROPIC_API_KEY') });
    expect(inspect(error, { depth: 9 })).not.toContain('secret');
  },
);
