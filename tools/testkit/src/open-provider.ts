import type {
  Provider,
  ProviderContext,
  ProviderNotice,
  ProviderSettings,
  SentRequest,
  SentResult,
} from '@orch/contracts';
import { onTestFinished } from 'vitest';
import { FakeClock } from './fake-clock.ts';
import type { FakeVendor } from './fake-vendor.ts';

export type Opened = {
  readonly provider: Provider;
  readonly clock: FakeClock;
  /** Of a caller who keeps what it is told. */
  readonly context: ProviderContext;
  readonly cancel: AbortController;
  readonly log: readonly (SentRequest | SentResult)[];
  readonly notices: readonly ProviderNotice[];
};

/** A provider that does not try twice unless it is told to, closed when the test ends. */
export function openProvider(create: FakeVendor['create'], settings: Partial<ProviderSettings>): Opened {
  const clock = new FakeClock();
  const provider = create({ maxRetries: 0, ...settings }, { clock, random: () => 0.5 });
  onTestFinished(() => provider.close?.());
  const cancel = new AbortController();
  const log: (SentRequest | SentResult)[] = [];
  const notices: ProviderNotice[] = [];
  const context: ProviderContext = {
    signal: cancel.signal,
    clock,
    beforeRequest: async (sent) => void log.push(sent),
    afterRequest: async (result) => void log.push(result),
    onNotice: (notice) => void notices.push(notice),
  };
  return { provider, clock, context, cancel, log, notices };
}
