import type { Rest } from '@orch/contracts';
import type { Opened } from './open-provider.ts';

/** The same, of a caller whose waits are over as soon as they begin, by the clock at hand, and are kept. */
export function hurried<T extends Opened>(opened: T): T & { readonly rests: readonly Rest[] } {
  const rests: Rest[] = [];
  const rest = async (what: Rest, wait: () => Promise<void>): Promise<void> => {
    rests.push(what);
    const over = wait();
    await opened.clock.advance(what.ms);
    await over;
  };
  return { ...opened, context: { ...opened.context, rest }, rests };
}
