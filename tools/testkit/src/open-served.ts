import type { Delta, ProviderSettings, Reply, Rest } from '@orch/contracts';
import type { FakeVendor, Said } from './fake-vendor.ts';
import { hurried } from './hurried.ts';
import { openProvider } from './open-provider.ts';
import type { Opened } from './open-provider.ts';
import { streams } from './scripts.ts';
import type { Script } from './scripts.ts';
import { serve } from './serve.ts';
import type { Seen } from './serve.ts';

type Served = Opened & { readonly rests: readonly Rest[]; readonly seen: readonly Seen[] };

/** What `openServed` gives its provider as a key. */
export const servedKey = 'sk-plain-words-as-a-key';

export const usage = { tokensIn: 12, tokensOut: 3 };

/** An answer in three pieces, the first of them `Be`. */
export const whole: Said = { texts: ['Be', 'cause', ' é🙂'], usage };

/** The vendor's server says this. */
export const says = (vendor: FakeVendor, said: Said): Script => streams(vendor.contentType, vendor.stream(said));

/**
 * The vendor's provider, of a hurried caller, its server answering the first request by the first script, those after
 * the last by the last.
 */
export async function openServed(
  vendor: FakeVendor,
  scripts: readonly Script[],
  settings: Partial<ProviderSettings> = {},
): Promise<Served> {
  const { url, seen } = await serve((response, asked) => {
    scripts[Math.min(seen.length, scripts.length) - 1]?.(response, asked);
  });
  const opened = openProvider(vendor.create, { baseUrl: url, apiKey: servedKey, maxRetries: 1, ...settings });
  return { ...hurried(opened), seen };
}

/** What the last of them carries. */
export function replyOf(deltas: readonly Delta[]): Reply {
  const last = deltas.at(-1);
  if (last?.type !== 'done') throw new Error(`Expected the whole answer at the end, got ${JSON.stringify(last)}.`);
  return last.reply;
}
