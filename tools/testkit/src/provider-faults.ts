import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import type { OrchError, ProviderSettings, Rest } from '@orch/contracts';
import { expect, test } from 'vitest';
import { all } from './all.ts';
import { failureOf } from './failure-of.ts';
import type { FakeVendor } from './fake-vendor.ts';
import { hurried } from './hurried.ts';
import { mocked, mockModel } from './mock-model.ts';
import { openProvider } from './open-provider.ts';
import { openServed, whole } from './open-served.ts';
import { question } from './question.ts';
import { breaksOff, responds, streams } from './scripts.ts';
import { tamperWith } from './tamper-with.ts';

/** What `providerFaults` has to be told besides of a vendor. */
export type FaultyVendor = FakeVendor & {
  /** Below which path the independent mock speaks as it does. */
  readonly mockPath: '' | '/v1';
  /** The environment variable for its base URL. */
  readonly variable: string;
  /** Failures in its server's own words, by their status, and what becomes of them. */
  readonly wordings?: readonly (readonly [number, string, Partial<Pick<OrchError, 'code'>> & { hint?: unknown }])[];
};

/** What goes wrong with servers and networks, and must not end as an answer, a hang or a riddle. Registers its tests. */
export function providerFaults(vendor: FaultyVendor): void {
  testRefusals(vendor);
  testBrokenAnswers(vendor);
  testSilences(vendor);
  testAbsences(vendor);
}

function testRefusals(vendor: FaultyVendor): void {
  test.each([
    [429, 'rate_limit_error', 'rate_limit', { ms: 1_000, reason: 'retry_after' }],
    [500, 'api_error', 'server', { ms: 250, reason: 'backoff' }],
    [503, 'api_error', 'server', { ms: 250, reason: 'backoff' }],
    [529, 'overloaded_error', 'server', { ms: 250, reason: 'backoff' }],
  ])('HTTP %i: asked again, after the time that the server names', async (status, type, code, wait) => {
    const mock = await mockModel();
    mock.nextRequestError(status, { message: 'not now', type });
    const { provider, context, rests, log } = openAt(vendor, mock.url, { maxRetries: 1 });
    expect(await provider.complete(question(), context)).toMatchObject({ text: mocked });
    expect(rests).toEqual([wait]);
    expect(log[1]).toMatchObject({ ok: false, willRetry: true, error: { code, details: { status } } });
  });

  test.each([
    ['seconds', '3600'],
    ['a date', new Date(Date.UTC(2026, 0, 1, 1)).toUTCString()],
  ])('Retry-After in %s is waited for, an hour too, and not less', async (_, retryAfter) => {
    const error = { error: { message: 'not now' }, status: 429, retryAfter: retryAfter as unknown as number };
    const mock = await mockModel();
    mock.prependFixture({ match: { userMessage: 'Why?', sequenceIndex: 0 }, response: error });
    const { provider, context, clock, log } = openAt(vendor, mock.url, { maxRetries: 1 });
    const begun = Promise.withResolvers<Rest>();
    const rest = (what: Rest, wait: () => Promise<void>): Promise<void> => (begun.resolve(what), wait());
    const reply = provider.complete(question(), { ...context, rest });
    expect(await begun.promise).toEqual({ ms: 3_600_000, reason: 'retry_after' });
    await clock.advance(3_599_999);
    expect(log.filter((one) => !('ok' in one))).toEqual([{ try: 1 }]);
    await clock.advance(1);
    expect(await reply).toMatchObject({ text: mocked, finishReason: 'stop' });
  });

  const { wordings = [] } = vendor;
  test.each(wordings)('HTTP %i in the server’s own words: %s', async (status, words, failure) => {
    const { provider, context } = await openServed(vendor, [responds(status, vendor.error(words))]);
    const message = containing(words);
    expect(await failureOf(provider.complete(question(), context))).toMatchObject({ ...failure, message });
  });
}

function testBrokenAnswers(vendor: FaultyVendor): void {
  test.each([
    // Without a pause between its chunks, none would have left when it is cut.
    ['cut off', { chunkSize: 2, latency: 1, truncateAfterChunks: 7 }, 'network'],
    ['of something else', { chaos: { malformedRate: 1 } }, 'bad_response'],
  ])('an answer that is %s is no answer, and asked for again', async (_, fault, code) => {
    const once = openAt(vendor, (await mockModel(fault, {})).url, { maxRetries: 1 });
    expect(await once.provider.complete(question(), once.context)).toMatchObject({ text: mocked });
    expect(once.log[1]).toMatchObject({ ok: false, willRetry: true, error: { code } });
    const always = openAt(vendor, (await mockModel(fault)).url, { maxRetries: 1 });
    const failure = failureOf(always.provider.complete(question(), always.context));
    expect(await failure).toMatchObject({ code, retryable: false });
    expect(always.rests).toEqual([{ ms: 250, reason: 'backoff' }]);
  });

  test('an answer with a chunk that is no JSON is no answer, and asked for again', async () => {
    const mock = await mockModel({ chunkSize: 5 });
    tamperWith(mock, (piece) => (piece.includes('se it') ? piece.replace('{', '{broken ') : piece));
    const { provider, context, rests } = openAt(vendor, mock.url, { maxRetries: 1 });
    const failure = { code: 'bad_response', message: containing('{broken ') };
    expect(await failureOf(provider.complete(question(), context))).toMatchObject(failure);
    expect(rests).toEqual([{ ms: 250, reason: 'backoff' }]);
    expect(await failureOf(all(provider.stream(question(), context)))).toMatchObject(failure);
  });

  const [first = ''] = vendor.stream(whole);

  test('a stream that ends before its end is no answer', async () => {
    const { provider, context } = await openServed(vendor, [streams(vendor.contentType, [first])]);
    expect(await failureOf(provider.complete(question(), context))).toMatchObject({ code: 'network' });
    expect(await failureOf(all(provider.stream(question(), context)))).toMatchObject({ code: 'network' });
  });

  test('a server that broke off was there: nobody is told to start it', async () => {
    const { provider, context } = await openServed(vendor, [breaksOff(vendor.contentType, [first])]);
    const error = await failureOf(provider.complete(question(), context));
    expect([error.code, error.hint]).toEqual(['network', undefined]);
  });
}

function testSilences(vendor: FaultyVendor): void {
  test('a server that says nothing is given up after the time for its first byte', async () => {
    const mock = await mockModel({ chaos: { latencyMs: 30_000 } });
    const { provider, context, clock, log } = openAt(vendor, mock.url, { timeoutMs: 20_000 });
    const left = Promise.withResolvers<void>();
    const failure = failureOf(provider.complete(question(), { ...context, beforeRequest: async () => left.resolve() }));
    await left.promise;
    await clock.advance(19_999);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(await failure).toMatchObject({ code: 'timeout', message: containing('20 s') });
  });

  test.each([
    ['as for all', { timeoutMs: 20_000 }],
    ['for them', { timeoutMs: 1e9, resilience: { betweenChunksMs: 20_000 } }],
  ])('chunks may be slow, each in its own time (%s); one that does not come ends the wait', async (_, settings) => {
    const mock = await mockModel({ chunkSize: 5 });
    const words = ['Becau', 'se it', ' is s', 'o.'].map((text) => ({ text, ...Promise.withResolvers<void>() }));
    tamperWith(mock, async (piece) => {
      await words.find(({ text }) => piece.includes(`${text}"`))?.promise;
      return piece;
    });
    const { provider, context, clock } = openAt(vendor, mock.url, settings);
    const parts = provider.stream(question(), context)[Symbol.asyncIterator]();
    for (const { text, resolve } of words.slice(0, -1)) {
      const next = parts.next();
      await clock.advance(19_000);
      resolve();
      expect((await next).value).toMatchObject({ text });
    }
    const last = failureOf(parts.next());
    await clock.advance(20_000);
    expect(await last).toMatchObject({ code: 'timeout', message: containing('20 s') });
  });
}

function testAbsences(vendor: FaultyVendor): void {
  test('nobody there: nothing listens, or the name leads nowhere', async () => {
    for (const nowhere of [await closedAddress(), 'http://nowhere.invalid']) {
      const { provider, context, log } = openAt(vendor, nowhere, { maxRetries: 1 });
      const error = await failureOf(provider.complete(question(), context));
      expect(error).toMatchObject({ code: 'network', details: { tries: 2 } });
      expect(error.message).toContain(nowhere);
      expect(error.message).toMatch(/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/);
      expect(error.hint).toContain(vendor.variable);
      expect(log).toHaveLength(4);
      const message = containing(nowhere);
      expect(await failureOf(provider.check('any', context))).toMatchObject({ code: 'network', message });
      expect(await failureOf(provider.models!(context))).toMatchObject({ code: 'network', message });
    }
  });
}

/** The provider, of a hurried caller, of what speaks as its vendor does at this place. */
const openAt = (vendor: FaultyVendor, url: string, settings: Partial<ProviderSettings>) =>
  hurried(openProvider(vendor.create, { baseUrl: url + vendor.mockPath, ...settings }));

/** For messages. */
const containing = (text: string): unknown => expect.stringContaining(text);

/** Where nobody listens any more. */
async function closedAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `http://127.0.0.1:${port}`;
}
