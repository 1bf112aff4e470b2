import { relative, resolve, sep } from 'node:path';
import { OrchError } from '@orch/contracts';
import type { CompiledJob } from '@orch/contracts';

/** Throws `spec` when `output_dir` is the folder of all runs, or lies in it: a copy would mix with runs. */
export function requireSeparate({ plan, jobDir }: Pick<CompiledJob, 'plan' | 'jobDir'>, runs: string): void {
  const { output_dir: written } = plan;
  if (written === undefined) return;
  const dir = resolve(jobDir, written);
  if (!isIn(dir, runs)) return;
  const how = dir === runs ? 'is that folder' : 'is in it';
  throw new OrchError(
    'spec',
    `output_dir: expected a folder apart from the folder of runs, ${runs}; ${JSON.stringify(written)} ${how}.`,
    { hint: 'Name another folder, such as ./out, or keep runs elsewhere: --runs-dir, ORCH_RUNS_DIR.' },
  );
}

/** Or the same. */
function isIn(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`);
}
