import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { readOrigin } from '@orch/engine';
import { runPaths } from '@orch/filestore';
import { parseJob } from '@orch/spec';
import { importJob, isCode } from '../define-job/import-job.ts';
import { findJobFile } from '../prepare/load-job-file.ts';
import { listRuns } from './read-run.ts';
import type { RunSummary, ShownState } from './read-run.ts';

const finished: ReadonlySet<ShownState> = new Set(['succeeded', 'canceled', 'quarantined']);

export type RunSearch = {
  readonly cwd: string;
  /** Also runs that succeeded. Those that a person ended never count. */
  readonly finished?: boolean | undefined;
};

/** The folder of the newest run of a job file that can go on; undefined when there is none. */
export async function newestRunOf(
  runsDir: string,
  spec: string | undefined,
  search: RunSearch,
): Promise<string | undefined> {
  const file = findJobFile(resolve(search.cwd), spec);
  for (const run of listRuns(runsDir)) {
    if (run.parent !== undefined) continue; // it goes on with the run that began it
    const fits = search.finished === true && run.status === 'succeeded' ? true : !finished.has(run.status);
    if (fits && (await isRunOf(runsDir, run, file))) return join(runsDir, run.job_id);
  }
  return undefined;
}

/** A run of this very file; one that came from another machine, of a file that names the same project. */
async function isRunOf(runsDir: string, { job_id: id, project }: RunSummary, file: string): Promise<boolean> {
  const origin = readOrigin(runPaths(runsDir, id));
  return origin === undefined ? (await projectOf(file)) === project : realPath(origin) === realPath(file);
}

async function projectOf(file: string): Promise<unknown> {
  if (isCode(file) && existsSync(file)) {
    const { job } = await importJob(file, { shown: file, cwd: dirname(file) });
    return job.spec['project'];
  }
  const parsed = existsSync(file) ? parseJob(readFileSync(file, 'utf8'), { file }) : undefined;
  return parsed?.ok === true ? parsed.value.draft.project : undefined;
}

function realPath(path: string): string {
  return existsSync(path) ? realpathSync(path) : path;
}
