import type { OrchEvent } from '@orch/contracts';
import type { Bus } from '@orch/events';

/** The events of a run from now on, in order, until its result is there. */
export async function* createEventStream(bus: Bus<OrchEvent>, result: Promise<unknown>): AsyncGenerator<OrchEvent> {
  const seen: OrchEvent[] = [];
  let wake = (): void => undefined;
  let ended = false;
  const off = bus.on('*', (event) => {
    seen.push(event);
    wake();
  });
  const end = (): void => {
    ended = true;
    wake();
  };
  // A rejection ends the stream, which then throws it.
  result.then(end, end);
  try {
    while (!ended || seen.length > 0) {
      yield* seen.splice(0);
      if (!ended && seen.length === 0) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    off();
  }
  await result;
}
