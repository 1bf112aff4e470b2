import { join } from 'node:path';
import { exitCodes } from '@orch/contracts';
import { findRun, followRun, readLog } from '@orch/sdk/read';
import { eventLine } from '../describe/event-line.ts';
import type { Invocation } from './index.ts';
import { runsDirOf } from './read-options.ts';
import type { RunsDirOption } from './read-options.ts';

export async function execute(invocation: Invocation<RunsDirOption & { readonly follow?: true }>): Promise<0> {
  const { terminal, args, options } = invocation;
  const dir = findRun(runsDirOf(options, terminal), args[0]);
  const stop = new AbortController();
  const unattend = terminal.attend({ onInterrupt: () => stop.abort() });
  const events = options.follow ? followRun(dir, { signal: stop.signal }) : readLog(join(dir, 'events.jsonl'));
  try {
    for await (const event of events) terminal.out(options.json ? JSON.stringify(event) : eventLine(event, terminal));
  } catch (error) {
    // Ctrl-C is how a person ends following; it is no failure.
    if (!stop.signal.aborted) throw error;
  } finally {
    unattend();
  }
  return exitCodes.succeeded;
}
