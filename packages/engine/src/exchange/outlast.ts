import { OrchError } from '@orch/contracts';
import type { RunContext } from '../run/run-context.ts';

/** How long is waited for another call that tries a service out, before it is asked how that went. */
const trialMs = 1_000;

export type Patience = {
  readonly signal: AbortSignal;
  /** When the attempt must have ended, by the monotonic clock. */
  readonly deadline: number | undefined;
};

/**
 * Asks again when an outage may be over. A circuit that opened is waited out once, holding no place; when its trial
 * fails too, whoever asks is told so at once: a service that is down for long keeps nobody.
 */
export async function outlast<T>(run: RunContext, patience: Patience, ask: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      const ms = outageMs(error);
      if (ms === undefined || run.clock.monotonic() + ms > (patience.deadline ?? Infinity)) throw error;
      await rest(run, patience.signal, ms);
    }
  }
}

function outageMs(error: unknown): number | undefined {
  if (!OrchError.is(error) || error.code !== 'circuit_open') return undefined;
  const { failed_trials: failedTrials, wait_ms: waitMs } = error.details ?? {};
  if (failedTrials !== 0) return undefined;
  return typeof waitMs === 'number' ? waitMs : trialMs;
}

async function rest({ admission, clock, drain }: RunContext, signal: AbortSignal, ms: number): Promise<void> {
  const stop = AbortSignal.any([signal, drain]);
  try {
    await admission.rest(() => clock.sleep(ms, stop));
  } catch (error) {
    throw stop.aborted ? OrchError.from(stop.reason, 'canceled') : error;
  }
}
