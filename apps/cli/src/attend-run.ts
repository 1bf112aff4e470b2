import { OrchError, exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import type { Terminal } from './terminal/terminal.ts';

export type StopSignals = {
  /** The first Ctrl-C: nothing more starts. */
  readonly drain: AbortSignal;
  /** The second one, or an error that a step left behind: everything ends now. */
  readonly signal: AbortSignal;
  /** Either, for work that a run does not wait for. */
  readonly any: AbortSignal;
};

/** Does work that a person may interrupt, gently at first. */
export async function attendRun(
  terminal: Terminal,
  work: (signals: StopSignals) => Promise<ExitCode>,
): Promise<ExitCode> {
  const drain = new AbortController();
  const stop = new AbortController();
  const unattend = terminal.attend({
    onInterrupt(time) {
      const reason = new OrchError('interrupted', 'Interrupted by a signal.');
      if (time === 2) return stop.abort(reason);
      terminal.err('Interrupted: what is in flight may finish; once more ends it now.');
      drain.abort(reason);
    },
    onStray: (error) => stop.abort(strayError(error)),
    onExit() {
      terminal.err(
        'error: The process was ended from within, while the job ran: does a module of it call process.exit?',
      );
      return exitCodes.failed;
    },
    outlivesReader: true,
  });
  try {
    const any = AbortSignal.any([drain.signal, stop.signal]);
    return await work({ drain: drain.signal, signal: stop.signal, any });
  } finally {
    unattend();
  }
}

/** What a step leaves behind fails the job: the step itself may long have ended. */
function strayError(error: unknown): OrchError {
  const message = error instanceof Error ? error.message : String(error);
  return new OrchError('module_failed', `Something that a step left behind failed: ${message}`, { cause: error });
}
