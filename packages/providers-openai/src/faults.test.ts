import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { LLMock } from '@copilotkit/aimock';
import type { FixtureOpts } from '@copilotkit/aimock';
import type { ModelRequest, Provider, ProviderContext, SentResult } from '@orch/contracts';
import type { SettingsInput } from '@orch/providers-core';
import { failureOf, FakeClock } from '@orch/testkit';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createOpenai } from './provider.ts';

const question: ModelRequest = {
  model: 'gpt-x',
  messages: [{ role: 'user', content: 'Why?' }],
  options: {},
  asked: { step: 'a', sample: 0, messagesSha256: '0'.repeat(64) },
};
const answer = { content: 'Because it is so, and it was always so.' };

async function startMock(): Promise<LLMock> {
  const mock = new LLMock({ port: 0 });
  await mock.start();
  onTestFinished(() => mock.stop());
  return mock;
}

type Watched = {
  readonly openai: Provider;
  readonly context: ProviderContext;
  readonly clock: FakeClock;
  /** When each request left. */
  readonly sent: number[];
  readonly tried: SentResult[];
};

function watch(settings: SettingsInput): Watched {
  const clock = new FakeClock();
  const openai = createOpenai({ maxRetries: 1, ...settings }, { clock, random: () => 0.5 });
  onTestFinished(() => openai.close?.());
  const sent: number[] = [];
  const tried: SentResult[] = [];
  const context: ProviderContext = {
    signal: new AbortController().signal,
    clock,
    beforeRequest: async () => void sent.push(clock.monotonic()),
    afterRequest: async (result) => void tried.push(result),
  };
  return { openai, context, clock, sent, tried };
}

/** The first try has failed, and the wait for the second one has begun. */
const waiting = ({ tried, clock }: Watched): Promise<boolean> =>
  vi.waitUntil(() => tried.length === 1 && clock.sleeping > 0, { interval: 1, timeout: 4_000 });

/** A port that nobody listens on any more. */
async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe.each(['chat', 'responses'] as const)('%s, of an independent mock', (api) => {
  const fails = async (status: number, retryAfter?: number | string) => {
    const mock = await startMock();
    const error = { error: { message: 'not now' }, status, retryAfter: retryAfter as number };
    mock.on({ userMessage: 'Why?', sequenceIndex: 0 }, error);
    mock.on({ userMessage: 'Why?', sequenceIndex: 1 }, answer);
    return watch({ baseUrl: `${mock.url}/v1`, api });
  };
  const serves = async (opts: FixtureOpts, settings: SettingsInput = {}) => {
    const mock = await startMock();
    mock.on({ userMessage: 'Why?' }, answer, { chunkSize: 8, ...opts });
    return watch({ baseUrl: `${mock.url}/v1`, api, maxRetries: 0, ...settings });
  };

  test.each([
    ['in seconds', () => 3600],
    ['as a date', () => new Date(new FakeClock().now() + 3_600_000).toUTCString()],
  ])('429 with a Retry-After %s is tried again then, and not sooner', async (_, retryAfter) => {
    const watched = await fails(429, retryAfter());
    const { openai, context, clock, sent, tried } = watched;
    const reply = openai.complete(question, context);
    await waiting(watched);
    expect(tried).toMatchObject([{ ok: false, willRetry: true, error: { code: 'rate_limit' } }]);
    await clock.advance(3_599_999);
    expect(sent).toEqual([0]);
    await clock.advance(1);
    expect(await reply).toMatchObject({ text: answer.content, finishReason: 'stop' });
    expect(sent).toEqual([0, 3_600_000]);
  });

  test.each([500, 503, 529])('HTTP %i is tried again after the backoff', async (status) => {
    const watched = await fails(status);
    const { openai, context, clock, sent, tried } = watched;
    const reply = openai.complete(question, context);
    await waiting(watched);
    expect(tried).toMatchObject([{ ok: false, willRetry: true, error: { code: 'server', details: { status } } }]);
    await clock.advance(250);
    expect((await reply).text).toBe(answer.content);
    expect(sent).toEqual([0, 250]);
  });

  test('a stream that is cut is no answer, and is tried again from its start', async () => {
    const mock = await startMock();
    const cut = { chunkSize: 8, truncateAfterChunks: 4 };
    mock.on({ userMessage: 'Why?', sequenceIndex: 0 }, answer, cut);
    mock.on({ userMessage: 'Why?', sequenceIndex: 1 }, answer);
    const watched = watch({ baseUrl: `${mock.url}/v1`, api });
    const { openai, context, clock, tried } = watched;
    const reply = openai.complete(question, context);
    await waiting(watched);
    expect(tried).toMatchObject([{ ok: false, willRetry: true, error: { code: 'network' } }]);
    await clock.advance(250);
    expect((await reply).text).toBe(answer.content);
  });

  test('a body that is no JSON is no answer', async () => {
    const { openai, context } = await serves({ chaos: { malformedRate: 1 } });
    expect(await failureOf(openai.complete(question, context))).toMatchObject({ code: 'bad_response' });
  });

  test('a chunk that is no JSON ends the stream', async () => {
    const mock = await startMock();
    mock.mount('/broken', {
      handleRequest: async (_, response) => {
        response.setHeader('content-type', 'text/event-stream');
        response.end('data: {"id": "1", "choices": []}\n\ndata: {"choices": [{"del\n\n');
        return true;
      },
    });
    const { openai, context } = watch({ baseUrl: `${mock.url}/broken/v1`, api, maxRetries: 0 });
    expect(await failureOf(openai.complete(question, context))).toMatchObject({
      code: 'bad_response',
      message: expect.stringContaining('{"choices": [{"del'),
    });
  });

  test('a first byte that does not come in time is a timeout', async () => {
    const { openai, context, clock } = await serves({ chaos: { latencyMs: 30_000 } }, { timeoutMs: 7_000 });
    const failure = failureOf(openai.complete(question, context));
    await vi.waitUntil(() => clock.sleeping > 0, { interval: 1 });
    await clock.advance(7_000);
    expect(await failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('within 7 s') });
  });

  test('chunks that come in time are waited for, however many there are', async () => {
    const { openai, context } = await serves({ latency: 2 }, { timeoutMs: 1_000 });
    expect((await openai.complete(question, context)).text).toBe(answer.content);
  });

  test('a chunk that does not come in time is a timeout', async () => {
    const slow = { streamingProfile: { ttft: 0, tps: 1 } };
    const patience = { resilience: { firstByteMs: 1e9, betweenChunksMs: 5_000 } };
    const { openai, context, clock, tried } = await serves(slow, patience);
    const failure = failureOf(openai.complete(question, context));
    while (tried.length === 0) await clock.advance(1_000);
    expect(await failure).toMatchObject({ code: 'timeout', message: expect.stringContaining('within 5 s') });
  });

  test('a refused connection and a name that nobody knows are tried again, then given up', async () => {
    for (const host of [`127.0.0.1:${await closedPort()}`, 'nowhere.invalid']) {
      const watched = watch({ baseUrl: `http://${host}/v1`, api });
      const { openai, context, clock, sent } = watched;
      const failure = failureOf(openai.complete(question, context));
      await waiting(watched);
      await clock.advance(250);
      expect(await failure).toMatchObject({ code: 'network', details: { tries: 2 } });
      expect((await failure).message).toMatch(/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/);
      expect(sent).toEqual([0, 250]);
    }
  });
});
