import type { ProviderContext, Rest } from '@orch/contracts';
import type { FakeClock } from './fake-clock.ts';

type Resting = { readonly rests: readonly Rest[]; readonly rest: NonNullable<ProviderContext['rest']> };

/** For the context of an exchange: its waits are over as soon as they begin, by the clock at hand, and are kept. */
export function resting(clock: FakeClock): Resting {
  const rests: Rest[] = [];
  return {
    rests,
    async rest(what, wait) {
      rests.push(what);
      const over = wait();
      await clock.advance(what.ms);
      await over;
    },
  };
}
