import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { failureOf } from '../failure-of.ts';
import type { FakeVendor } from '../fake-vendor.ts';
import { openServed, servedKey } from '../open-served.ts';
import { responds } from '../scripts.ts';
import type { Script } from '../scripts.ts';

const model = 'some-model';

export function testService(vendor: FakeVendor): void {
  describe('the service', () => {
    const about =
      (...models: readonly string[]): Script =>
      (response, asked) => {
        const body = vendor.about(models, asked);
        responds(body === undefined ? 404 : 200, body ?? vendor.missing('it'))(response);
      };

    test('has the model that it is checked for, or says that it does not', async () => {
      const { provider, context } = await openServed(vendor, [about('another', model)]);
      expect(await provider.check(model, context)).toMatchObject({ model });
      const error = await failureOf(provider.check('no-such-model', context));
      expect(error.code).toBe('model_missing');
      expect(error.message).toContain('no-such-model');
    });

    test('lists its models', async () => {
      const { provider, context } = await openServed(vendor, [about('another', model)]);
      const models = await provider.models?.(context);
      expect(models?.map(({ id }) => id).toSorted()).toEqual(['another', model]);
    });

    test('that does not let us in, or is not there, is said so, without the key', async () => {
      const { provider, context } = await openServed(vendor, [responds(401, vendor.error(`Not for ${servedKey}.`))]);
      const refused = await failureOf(provider.check(model, context));
      expect([refused.code, typeof refused.hint]).toEqual(['auth', 'string']);
      expect(inspect(refused, { depth: 9 })).not.toContain(servedKey);
      const gone = await openServed(vendor, [(response) => void response.destroy()]);
      expect(await failureOf(gone.provider.check(model, gone.context))).toMatchObject({
        code: 'network',
        retryable: false,
      });
    });
  });
}
