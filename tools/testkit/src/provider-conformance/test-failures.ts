import { inspect } from 'node:util';
import type { Delta } from '@orch/contracts';
import { describe, expect, test } from 'vitest';
import { all } from '../all.ts';
import { failureOf } from '../failure-of.ts';
import type { FakeVendor } from '../fake-vendor.ts';
import { openServed, replyOf, says, servedKey, whole } from '../open-served.ts';
import { question } from '../question.ts';
import { breaksOff, responds, streams } from '../scripts.ts';
import type { Script } from '../scripts.ts';

export function testFailures(vendor: FakeVendor): void {
  describe('a failure', () => {
    test.each(['broken off', 'ended'])(
      'of a stream that is %s is one of the network, tried again whole',
      async (how) => {
        const first = vendor.stream(whole).slice(0, 1);
        const cut: Script = how === 'ended' ? streams(vendor.contentType, first) : breaksOff(vendor.contentType, first);
        const { provider, context, log, rests } = await openServed(vendor, [cut, says(vendor, whole)]);
        const deltas = await all(provider.stream(question(), context));
        expect(deltas.filter(({ type }) => type === 'done')).toHaveLength(1);
        expect(replyOf(deltas).text).toBe('Because é🙂');
        expect(log).toMatchObject([
          { try: 1 },
          { try: 1, ok: false, willRetry: true, error: { code: 'network' } },
          { try: 2 },
          { try: 2, ok: true, reply: { text: 'Because é🙂' } },
        ]);
        expect(rests).toEqual([{ ms: 250, reason: 'backoff' }]);
        const alone = await openServed(vendor, [cut], { maxRetries: 0 });
        const got: Delta[] = [];
        const work = async (): Promise<void> => {
          for await (const delta of alone.provider.stream(question(), alone.context)) got.push(delta);
        };
        expect(await failureOf(work())).toMatchObject({ code: 'network', retryable: false });
        expect(got.map(({ type }) => type)).not.toContain('done');
      },
    );

    test('of a stream that broke off after some words tells what they took, estimated', async () => {
      const said = breaksOff(vendor.contentType, vendor.stream(whole).slice(0, 1));
      const { provider, context, log } = await openServed(vendor, [said], { maxRetries: 0 });
      await failureOf(provider.complete(question({ messages: [{ role: 'user', content: 'Why?' }] }), context));
      expect(log.at(-1)).toMatchObject({ ok: false, usage: { tokensIn: 1, tokensOut: 1, estimated: true } });
    });

    test.each([
      [400, 'bad_request', 1],
      [401, 'auth', 1],
      [403, 'auth', 1],
      [404, 'model_missing', 1],
      [429, 'rate_limit', 2],
      [500, 'server', 2],
      [503, 'server', 2],
      [529, 'server', 2],
    ])('HTTP %i is %s, sent %i times, and its words come without the key', async (status, code, times) => {
      const body = status === 404 ? vendor.missing('some-model') : vendor.error(`Not for ${servedKey}.`);
      const { provider, context, seen, log } = await openServed(vendor, [
        responds(status, body, { 'x-request-id': servedKey }),
      ]);
      const error = await failureOf(provider.complete(question(), context));
      expect(error).toMatchObject({ code, retryable: false });
      expect(seen).toHaveLength(times);
      expect(inspect([error, log], { depth: 9 })).not.toContain(servedKey);
    });

    test('is waited out as long as the server says', async () => {
      const { provider, context, rests } = await openServed(vendor, [
        responds(429, vendor.error('slow down'), { 'retry-after': '3600' }),
        says(vendor, whole),
      ]);
      expect((await provider.complete(question(), context)).text).toBe('Because é🙂');
      expect(rests).toEqual([{ ms: 3_600_000, reason: 'retry_after' }]);
    });
  });
}
