import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { readRun } from '@orch/sdk';
import type { OrchEvent, PreparedRun, RunHandle, RunResult } from '@orch/sdk';
import { describeRun } from './describe-run.ts';
import { nextSteps } from './next-steps.ts';
import type { Waiting } from './next-steps.ts';
import { createProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { harmless } from './words.ts';

type Following = { readonly terminal: Terminal; readonly json: boolean; readonly frozen: boolean };

/** Starts a prepared run, tells how it goes and how it ended, and frees what was prepared. */
export async function followRun(
  prepared: PreparedRun,
  { terminal, json, frozen }: Following,
  start: (onEvent: ((event: OrchEvent) => void) | undefined) => RunHandle,
): Promise<ExitCode> {
  const waiting: Waiting[] = [];
  const tell = createProgress(terminal, prepared.notes.map(harmless));
  const onEvent = (event: OrchEvent): void => {
    tell(event);
    if (event.type === 'step.waiting') waiting.push({ step: event.step ?? '', item: event.item });
  };
  try {
    const result = await start(json ? undefined : onEvent).result;
    const run = await readRun(result.dir);
    const exit = exitOf(result);
    const lines = json
      ? [JSON.stringify({ ...run.manifest, dir: run.dir, exit_code: exit }, undefined, 2)]
      : ['', ...describeRun(run, terminal), ...nextSteps({ result, frozen, waiting }, terminal)];
    for (const line of lines) terminal.out(line);
    return exit;
  } finally {
    await prepared.close();
  }
}

function exitOf({ status, manifest }: RunResult): ExitCode {
  switch (status) {
    case 'succeeded':
      return exitCodes.succeeded;
    case 'canceled':
      return exitCodes.canceled;
    case 'paused':
      return exitCodes.interrupted;
    case 'waiting':
      return exitCodes.waiting;
    default:
      // The same as when it is found before the run begins.
      return manifest.failures.some(({ code }) => code === 'corrupt_log') ? exitCodes.difference : exitCodes.failed;
  }
}
