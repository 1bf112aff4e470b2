import { lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { sha256 } from '@orch/cache';
import { OrchError } from '@orch/contracts';
import type { PlanStep } from '@orch/contracts';
import { runCommand } from '@orch/process';
import type { RunContext } from '../run/run-context.ts';

/** Bytes of a difference, or of a list of files. */
const maxOutput = 256 * 1024 * 1024;

type Git = (...args: readonly string[]) => Promise<string>;

/**
 * The commit that the folder of the job stands at, in 12 hex digits; with changes that are not committed `+dirty-` and
 * 12 hex digits of them: of the difference of tracked files, and of names and contents of files that git neither tracks
 * nor ignores, but for the runs. Throws `spec` where there is no commit, `command_missing` without git.
 */
export async function commitOf(run: Pick<RunContext, 'job' | 'commandEnv' | 'paths'>, step: PlanStep): Promise<string> {
  const [top, commit] = await findCommit(gitIn(run.job.jobDir, run.commandEnv), run.job.jobDir, step);
  const git = gitIn(top, run.commandEnv);
  const diff = await git('diff', '--no-ext-diff', '--no-textconv', '--no-color', '--binary', 'HEAD');
  const untracked = await untrackedFiles(git, top, run.paths.base);
  if (diff === '' && untracked.length === 0) return commit;
  return `${commit}+dirty-${sha256([diff, ...untracked].join('\0')).slice(0, 12)}`;
}

async function findCommit(git: Git, jobDir: string, { id }: PlanStep): Promise<readonly [top: string, commit: string]> {
  try {
    const top = await git('rev-parse', '--show-toplevel');
    const commit = await git('rev-parse', '--verify', 'HEAD');
    return [top.trimEnd(), commit.slice(0, 12)];
  } catch (error) {
    if (!OrchError.is(error) || error.code !== 'command_failed') throw error;
    const expected = `Expected the folder of the job in a git repository with a commit, for code_version of step ${id}`;
    throw new OrchError('spec', `${expected}; ${jobDir} is in none: ${error.message}`, {
      hint: 'Commit the job, or leave code_version out: then the files under `reads` stand for the code.',
      cause: error,
    });
  }
}

/** Each with the digest of its content. */
async function untrackedFiles(git: Git, top: string, runsDir: string): Promise<string[]> {
  const listed = (await git('ls-files', '--others', '--exclude-standard', '-z')).split('\0');
  const runs = `${relative(realpathSync(top), realpathSync(runsDir)).split(sep).join('/')}/`;
  const names = listed.filter((name) => name !== '' && !name.startsWith(runs));
  return names.map((name) => `${name} ${digestOf(join(top, name))}`);
}

function digestOf(path: string): string {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return sha256(readlinkSync(path));
  return stats.isFile() ? sha256(readFileSync(path)) : '';
}

function gitIn(cwd: string, commandEnv: Readonly<Record<string, string>>): Git {
  return async (...args) => {
    const env = { ...commandEnv, GIT_OPTIONAL_LOCKS: '0', LC_ALL: 'C' };
    const result = await runCommand('git', args, { cwd, env, maxOutput });
    if (result.status === 'exited' && result.exitCode === 0 && !result.truncated) return result.stdout;
    const said = result.stderr.trim() || `its end was ${result.status}`;
    throw new OrchError('command_failed', `git ${args[0]}: ${said}`, { retryable: false });
  };
}
