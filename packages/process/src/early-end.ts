import type { CommandOptions } from './command.ts';
import { stopGroup } from './group.ts';

/** Watches for what ends a command before its time: the clock, a signal, a failure of its caller. */
export type EarlyEnd = {
  /** The first cause that came up while the command ran. */
  readonly cause: 'timed_out' | 'aborted' | undefined;
  /** Ends the command for an error that `rethrow` will throw. */
  readonly fail: (error: unknown) => void;
  /** The command is over: stops watching; resolves when the group is gone, if there was a cause to end it. */
  settle(): Promise<void>;
  rethrow(): void;
};

const longestTimerMs = 2 ** 31 - 1;

export function watchForEnd(pgid: number, graceMs: number, { timeoutMs = 0, signal }: CommandOptions): EarlyEnd {
  let cause: EarlyEnd['cause'];
  let over = false;
  let ending: Promise<unknown> = Promise.resolve();
  let failure: { readonly error: unknown } | undefined;

  const end = (why: 'timed_out' | 'aborted') => {
    if (over || cause !== undefined) return;
    cause = why;
    ending = stopGroup(pgid, graceMs);
  };
  const onAbort = () => end('aborted');
  const timer = timeoutMs > 0 ? setTimeout(() => end('timed_out'), Math.min(timeoutMs, longestTimerMs)) : undefined;
  signal?.addEventListener('abort', onAbort);
  if (signal?.aborted) onAbort();

  return {
    get cause() {
      return cause;
    },
    fail(error) {
      failure ??= { error };
      end('aborted');
    },
    async settle() {
      over = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      await ending;
    },
    rethrow() {
      if (failure !== undefined) throw failure.error;
    },
  };
}
