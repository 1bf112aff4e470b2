import { OrchError } from '@orch/contracts';
import type { Terminal } from './terminal.ts';

/** Does something that Ctrl-C ends tidily. */
export async function interruptible<T>(terminal: Terminal, act: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  const unattend = terminal.attend({
    onInterrupt: () => stop.abort(new OrchError('interrupted', 'Interrupted by a signal, nothing was left behind.')),
  });
  try {
    return await act(stop.signal);
  } finally {
    unattend();
  }
}
