import { OrchError, exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { prepareRun, readRun, startRun } from '@orch/sdk';
import type { PreparedRun, RunResult } from '@orch/sdk';
import { describeRun } from '../describe-run.ts';
import { createProgress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';
import { harmless } from '../words.ts';
import type { Invocation } from './index.ts';
import { readCount, readVars, runsDirOf } from './options.ts';
import type { RunsDirOption } from './options.ts';

type Options = RunsDirOption & {
  readonly spec?: string;
  readonly provider?: string;
  readonly var?: readonly string[];
  readonly only?: string;
  readonly limit?: string;
};

export async function execute({ terminal, args: [spec], options }: Invocation<Options>): Promise<ExitCode> {
  const { env, cwd } = terminal;
  const stop = new AbortController();
  const unattend = terminal.attend({
    onInterrupt: () => stop.abort(new OrchError('interrupted', 'Interrupted by a signal.')),
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
    const limit = readCount('--limit', options.limit);
    const asked = { cwd, env, provider: options.provider, vars: readVars(options.var), signal: stop.signal };
    const prepared = await prepareRun(specOf(spec, options.spec), asked);
    const result = await follow(prepared, { terminal, options, limit, signal: stop.signal }).finally(() =>
      prepared.close(),
    );
    return exitOf(result);
  } finally {
    unattend();
  }
}

/** What a step leaves behind fails the job: the step itself may long have ended. */
function strayError(error: unknown): OrchError {
  const message = error instanceof Error ? error.message : String(error);
  return new OrchError('module_failed', `Something that a step left behind failed: ${message}`, { cause: error });
}

function specOf(argument: string | undefined, flag: string | undefined): string | undefined {
  if (argument === undefined || flag === undefined) return argument ?? flag;
  throw new OrchError('usage', `Expected one job file, got ${argument} and --spec ${flag}.`);
}

type Following = {
  readonly terminal: Terminal;
  readonly options: Invocation<Options>['options'];
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
};

async function follow(prepared: PreparedRun, { terminal, options, limit, signal }: Following): Promise<RunResult> {
  const notes = prepared.notes.map(harmless);
  const progress = options.json ? undefined : createProgress(terminal, notes);
  const handle = startRun(prepared.job, prepared.ports, {
    runsDir: runsDirOf(options, terminal),
    only: options.only,
    limit,
    signal,
    onEvent: progress,
  });
  const result = await handle.result;
  const run = await readRun(result.dir);
  if (options.json) {
    terminal.out(JSON.stringify({ ...run.manifest, dir: run.dir, exit_code: exitOf(result) }, undefined, 2));
  } else {
    for (const line of ['', ...describeRun(run, terminal), ...notes]) terminal.out(line);
  }
  return result;
}

function exitOf({ status, manifest }: RunResult): ExitCode {
  switch (status) {
    case 'succeeded':
      return exitCodes.succeeded;
    case 'canceled':
      return exitCodes.canceled;
    case 'paused':
      return exitCodes.interrupted;
    default:
      return manifest.status === 'waiting' ? exitCodes.waiting : exitCodes.failed;
  }
}
