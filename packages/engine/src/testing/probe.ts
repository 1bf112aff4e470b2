import type { Json, StepHost, StepKind } from '@orch/contracts';

/** A kind of step that does what the test says. */
export function probe(run: (host: StepHost, input: Json) => Json | Promise<Json>): StepKind {
  return {
    kind: 'probe',
    version: 1,
    input: { safeParse: (data) => ({ success: true, data }) },
    fingerprint: (input) => input as Json,
    run: async (input, host) => ({ status: 'succeeded', output: await run(host, input as Json) }),
  };
}

/** A kind of step that answers its own name, and notes each start. */
export function witness(): { readonly kind: StepKind; readonly ran: string[] } {
  const ran: string[] = [];
  const kind = probe(({ step, item }) => {
    const name = item === undefined ? step : `${step}/${item}`;
    ran.push(name);
    return name;
  });
  return { kind, ran };
}

/** Never ends by itself: rejects with the reason of the signal. */
export function untilAborted({ signal }: StepHost): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    else signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
