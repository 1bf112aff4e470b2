import { OrchError } from '@orch/contracts';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../failure-of.ts';
import type { FakeVendor } from '../fake-vendor.ts';
import { openServed, whole } from '../open-served.ts';
import { question } from '../question.ts';
import { streams } from '../scripts.ts';
import type { Script } from '../scripts.ts';

export function testCancels(vendor: FakeVendor): void {
  describe('a cancel', () => {
    test('before the first byte closes the socket at once, and is told to the hook', async () => {
      const [arrived, closed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
      const silent: Script = (response) => arrived.resolve(void response.on('close', closed.resolve));
      const { provider, context, cancel, log } = await openServed(vendor, [silent]);
      const work = failureOf(provider.complete(question(), context));
      await arrived.promise;
      const reason = new OrchError('interrupted', 'Ctrl-C');
      cancel.abort(reason);
      expect(await work).toBe(reason);
      await closed.promise;
      expect(log).toMatchObject([{ try: 1 }, { try: 1, ok: false, willRetry: false, error: { code: 'interrupted' } }]);
    });

    test('in the middle of an answer closes it too, and so does a reader that stops', async () => {
      for (const stop of ['cancel', 'return']) {
        const closed = Promise.withResolvers<void>();
        const halfway: Script = (response) => {
          response.on('close', closed.resolve);
          streams(vendor.contentType, vendor.stream(whole).slice(0, -1), false)(response);
        };
        const { provider, context, cancel, log } = await openServed(vendor, [halfway]);
        const read = async (): Promise<void> => {
          for await (const delta of provider.stream(question(), context)) {
            expect(delta.type).toBe('text');
            if (stop === 'return') return;
            cancel.abort();
          }
        };
        if (stop === 'return') await read();
        else expect(await failureOf(read())).toMatchObject({ code: 'canceled' });
        await closed.promise;
        expect(log.at(-1)).toMatchObject({ ok: false, willRetry: false });
      }
    });
  });
}
