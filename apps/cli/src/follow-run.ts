import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import { OrchError, exitCodes } from '@orch/contracts';
import type { ExitCode } from '@orch/contracts';
import { copyOutputs, openQuestions, readRun, resumeRun } from '@orch/sdk';
import type {
  CompiledJob,
  OpenQuestion,
  OrchEvent,
  OutputChanges,
  PreparedRun,
  RunHandle,
  RunOptions,
  RunResult,
} from '@orch/sdk';
import { createClerk } from './questions/clerk.ts';
import type { Clerk } from './questions/clerk.ts';
import { outputLines } from './describe/describe-plan.ts';
import { describeRun } from './describe/describe-run.ts';
import { errorLines, errorRecord } from './describe/explain-error.ts';
import { nextSteps } from './describe/next-steps.ts';
import { whoIs } from './terminal/notices.ts';
import { createProgress } from './terminal/progress.ts';
import type { Terminal } from './terminal/terminal.ts';
import { harmless } from './terminal/words.ts';

type Following = {
  readonly terminal: Terminal;
  readonly json: boolean;
  /** Replaces files in the job's `output_dir` that orch did not write. */
  readonly force: boolean;
  /** How it was started, and goes on after an answer in the terminal. */
  readonly options: Pick<RunOptions, 'only' | 'limit' | 'frozen' | 'failFast' | 'drain' | 'signal'>;
};

/**
 * Starts a prepared run, tells how it goes and how it ended, and frees what was prepared. In a terminal a person is asked
 * there and then, and the run goes on with the answer.
 */
export async function followRun(
  prepared: PreparedRun,
  following: Following,
  start: (onEvent: (event: OrchEvent) => void) => RunHandle,
): Promise<ExitCode> {
  const { terminal, json, options } = following;
  const tell = createProgress(terminal, prepared.notes.map(harmless));
  const stops = [options.drain, options.signal].filter((signal) => signal !== undefined);
  const clerk = json ? undefined : createClerk(terminal, AbortSignal.any(stops));
  const warned = new Set<string>();
  const onEvent = (event: OrchEvent): void => {
    if (event.type === 'provider.warned') warned.add(`${whoIs(event.data)}: ${event.data.message}`);
    if (json) return;
    if (clerk === undefined || event.type !== 'step.waiting') tell(event);
    clerk?.note(event);
  };
  try {
    let result = await withAnswers(start(onEvent), clerk);
    while (result.status === 'waiting' && clerk?.answered() === true) {
      const again = { ...options, onEvent };
      result = await withAnswers(resumeRun(result.dir, prepared.job, prepared.ports, again), clerk);
    }
    return await tellEnd(result, { ...prepared, notes: [...prepared.notes, ...warned] }, following);
  } finally {
    await prepared.close();
  }
}

/** The end of a run, and of the questions that were put to a person while it went on. */
async function withAnswers(handle: RunHandle, clerk: Clerk | undefined): Promise<RunResult> {
  clerk?.serve(handle);
  try {
    const result = await handle.result;
    await clerk?.close(result.status === 'waiting');
    return result;
  } catch (error) {
    await clerk?.close(false);
    throw error;
  }
}

async function tellEnd(result: RunResult, { job, notes }: PreparedRun, following: Following): Promise<ExitCode> {
  const { terminal, json } = following;
  const run = await readRun(result.dir);
  const copied = tryCopy(job, result, following);
  const exit = OrchError.is(copied) ? copied.exit : exitOf(result);
  const waiting = result.status === 'waiting' ? await openQuestions(result.dir) : [];
  const lines = json
    ? [
        JSON.stringify(
          { ...run.manifest, dir: run.dir, exit_code: exit, warnings: notes, ...extra(waiting, copied) },
          undefined,
          2,
        ),
      ]
    : [
        ...['', ...describeRun(run, terminal)],
        ...(copied === undefined || OrchError.is(copied) ? [] : outputLines(copied)),
        ...nextSteps({ ...run, waiting, spec: specOf(job, terminal) }, terminal),
      ];
  for (const line of lines) terminal.out(line);
  if (OrchError.is(copied) && !json) for (const line of errorLines(copied, terminal)) terminal.err(line);
  return exit;
}

/** The job file as the terminal names it; undefined of a job that code defines. */
function specOf({ jobDir, spec }: CompiledJob, { cwd }: Terminal): string | undefined {
  const file = join(jobDir, spec.path);
  return existsSync(file) ? relative(cwd, file) : undefined;
}

/** A run that succeeded stays so, also where its outputs cannot be copied. */
function tryCopy(
  job: CompiledJob,
  result: RunResult,
  { force, options }: Following,
): OutputChanges | OrchError | undefined {
  try {
    return copyOutputs(job, result, { force, only: options.only, limit: options.limit });
  } catch (error) {
    if (OrchError.is(error)) return error;
    throw error;
  }
}

function extra(questions: readonly OpenQuestion[], copied: OutputChanges | OrchError | undefined): object {
  return {
    ...(questions.length > 0 && { questions }),
    ...(copied !== undefined && !OrchError.is(copied) && { output_dir: copied }),
    ...(OrchError.is(copied) && { error: errorRecord(copied) }),
  };
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
