import { exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { readRun, runsFolder } from '@orch/sdk';
import type { OrchEvent, PreparedRun, RunHandle, RunResult } from '@orch/sdk';
import { dirname, relative } from 'node:path';
import { describeRun } from './describe-run.ts';
import { createProgress } from './progress.ts';
import type { Terminal } from './terminal.ts';
import { harmless } from './words.ts';

type Following = { readonly terminal: Terminal; readonly json: boolean };

/** Starts a prepared run, tells how it goes and how it ended, and frees what was prepared. */
export async function followRun(
  prepared: PreparedRun,
  { terminal, json }: Following,
  start: (onEvent: ((event: OrchEvent) => void) | undefined) => RunHandle,
): Promise<ExitCode> {
  const notes = prepared.notes.map(harmless);
  try {
    const result = await start(json ? undefined : createProgress(terminal, notes)).result;
    const run = await readRun(result.dir);
    const exit = exitOf(result);
    if (json) {
      terminal.out(JSON.stringify({ ...run.manifest, dir: run.dir, exit_code: exit }, undefined, 2));
    } else {
      const lines = ['', ...describeRun(run, terminal), ...nextStep(result, terminal), ...notes];
      for (const line of lines) terminal.out(line);
    }
    return exit;
  } finally {
    await prepared.close();
  }
}

/** The commands that go on with a run which has not come to its end. */
function nextStep({ status, jobId, dir, manifest }: RunResult, terminal: Terminal): string[] {
  if (status === 'succeeded' || status === 'canceled') return [];
  const { cwd, env } = terminal;
  const base = dirname(dir);
  const elsewhere = base === runsFolder(undefined, { cwd, env }) ? '' : ` --runs-dir ${relative(cwd, base)}`;
  const waiting = Object.entries(manifest.steps).flatMap(([id, step]) => (step.status === 'waiting' ? [id] : []));
  return [
    ...waiting.map((step) => `${terminal.paint('dim', 'answer')}  orch approve ${jobId} ${step}${elsewhere}`),
    `${terminal.paint('dim', 'resume')}  orch resume ${jobId}${elsewhere}`,
  ];
}

function exitOf({ status }: RunResult): ExitCode {
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
      return exitCodes.failed;
  }
}
