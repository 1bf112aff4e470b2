import { dirname, relative } from 'node:path';
import { runsFolder } from '@orch/sdk/read';
import type { ReadRun } from '@orch/sdk/read';
import type { Terminal } from '../terminal/terminal.ts';

type Ran = Pick<ReadRun, 'dir' | 'given' | 'manifest'>;

/** Goes on with a run as it ran the last time. */
export function resumeCommand(run: Ran, terminal: Terminal): string {
  const frozen = run.given.frozen === true ? ' --frozen' : '';
  return `orch resume ${run.manifest.job_id}${resumeFlags(run, terminal)}${frozen}`;
}

/** What goes behind a command for it to go on with a run as it ran the last time, `--frozen` aside. */
export function resumeFlags({ dir, given: { only, limit } }: Ran, terminal: Terminal): string {
  const wanted = only === undefined ? '' : ` --only ${only}`;
  return `${runsDirFlag(dir, terminal)}${wanted}${limit === undefined ? '' : ` --limit ${limit}`}`;
}

/** Names the folder of runs, where a command would not find it by itself. */
export function runsDirFlag(dir: string, { cwd, env }: Pick<Terminal, 'cwd' | 'env'>): string {
  const base = dirname(dir);
  return base === runsFolder(undefined, { cwd, env }) ? '' : ` --runs-dir ${relative(cwd, base)}`;
}
