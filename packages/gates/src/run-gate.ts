import { OrchError, ok } from '@orch/contracts';
import type { GateResults } from '@orch/contracts';
import { runCommand } from '@orch/process';
import type { CommandOptions, CommandResult } from '@orch/process';
import { decide } from './decide.ts';
import type { GateCriteria, GateDecision, GateExit } from './decide.ts';
import { parseJunit } from './parse-junit.ts';
import { watchResultFiles } from './result-files.ts';

export type GateOptions = Omit<CommandOptions, 'maxOutput'> & {
  /** A program and its arguments; no shell stands between. */
  readonly command: { readonly file: string; readonly args: readonly string[] };
  /** JUnit files that the command writes, relative to `cwd`. Without them the results are read from its stdout. */
  readonly resultFiles?: readonly string[] | undefined;
  readonly criteria?: GateCriteria | undefined;
  /** Applied to what the command printed or wrote, before results are read from it. */
  readonly hide?: ((text: string) => string) | undefined;
};

export type GateReport = GateDecision & {
  /** `exit_code` is null when the command did not exit by itself; `source` is absent when nothing could be read. */
  readonly results: GateResults;
};

/** Results of large suites shall be whole. */
const maxOutput = 64 * 1024 * 1024;

/**
 * Runs a check, reads the JUnit results that it printed or wrote, and decides. A command that is missing, takes too
 * long or is stopped by the signal makes a report too. Rejects only with what else `runCommand` rejects with: `usage`,
 * `io`, or what `onStart` or `onOutput` threw.
 */
export async function runGate(asked: GateOptions): Promise<GateReport> {
  const { command, resultFiles = [], criteria, hide = (text) => text, ...options } = asked;
  const written = watchResultFiles(options.cwd, resultFiles);
  const { exit, stdout } = await run(command, { ...options, maxOutput });
  const printed = resultFiles.length > 0 ? written() : ok(stdout);
  const found = printed.ok ? parseJunit(hide(printed.value)) : printed;
  const { status, decision } = decide(exit, found, criteria);
  const exit_code = exit.status === 'exited' ? exit.exitCode : null;
  const source = resultFiles.length > 0 ? resultFiles.join(', ') : 'stdout';
  return { status, decision, results: found.ok ? { exit_code, ...found.value, source } : { exit_code, ...nothing } };
}

const nothing = { tests: 0, passed: 0, failed: 0, skipped: 0, failures: [] };

async function run({ file, args }: GateOptions['command'], options: CommandOptions) {
  try {
    const result = await runCommand(file, args, options);
    return { exit: toExit(result, options.timeoutMs), stdout: result.stdout };
  } catch (error) {
    if (!OrchError.is(error) || error.code !== 'command_missing') throw error;
    return { exit: unfinished(`could not be started: ${error.message}`), stdout: '' };
  }
}

function toExit(result: CommandResult, timeoutMs = 0): GateExit {
  if (result.status === 'timed_out') return unfinished(`took longer than ${timeoutMs / 1_000} s and was ended`);
  return result.status === 'aborted' ? unfinished('was stopped before it ended') : result;
}

function unfinished(reason: string): GateExit {
  return { status: 'unfinished', reason };
}
